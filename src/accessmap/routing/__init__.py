"""Exact travel times on a graph: private to accessmap, whose public door is `RoadNetwork`."""

from accessmap.routing.graph import Graph, Seeds
from accessmap.routing.router import Router

__all__ = ["Graph", "Router", "Seeds"]
