"""igraph: weak components. usage: igraph_peer.py FOLDER"""
import sys

import igraph
import numpy

from arrays import digest_of_components, read_edges, read_risk
from peer import Clock, serve

folder = sys.argv[1]
clock = Clock()
with clock("load"):
    source, target = read_edges(folder)
    vertices = len(read_risk(folder))
with clock("build"):
    graph = igraph.Graph(n=vertices, edges=numpy.column_stack((source, target)), directed=True)

serve("igraph", igraph.__version__, clock, {
    "components": (lambda: graph.connected_components(mode="weak"), lambda found: digest_of_components(found.membership)),
})
