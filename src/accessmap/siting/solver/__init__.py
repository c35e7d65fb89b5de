"""The programs behind siting: exact, with a bound on what any other choice could be worth."""
