"""The files of services that France publishes, each brought to the names of the contract."""
