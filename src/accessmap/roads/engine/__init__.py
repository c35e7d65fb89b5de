"""Exact travel times on a graph: private to accessmap, whose public door is `RoadNetwork`."""

from accessmap.roads.engine.graph import Graph, Seeds
from accessmap.roads.engine.router import Router

__all__ = ["Graph", "Router", "Seeds"]
