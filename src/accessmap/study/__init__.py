"""Study, scenarios and what they change for whom; travel times, areas, modes and help with what is online."""
