"""Who can reach which public services, how unfairly that is spread, and what would change."""

__version__ = "0.1.0"
