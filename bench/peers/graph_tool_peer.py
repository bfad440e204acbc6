"""graph-tool on one thread: weak components. usage: graph_tool_peer.py FOLDER"""
import sys

import graph_tool
import numpy
from graph_tool.topology import label_components

from arrays import digest_of_components, read_edges, read_risk
from peer import Clock, serve

folder = sys.argv[1]
graph_tool.openmp_set_num_threads(1)
clock = Clock()
with clock("load"):
    source, target = read_edges(folder)
    vertices = len(read_risk(folder))
with clock("build"):
    graph = graph_tool.Graph(directed=True)
    graph.add_vertex(vertices)
    graph.add_edge_list(numpy.column_stack((source, target)))

serve("graph-tool", graph_tool.__version__.split()[0], clock, {
    "components": (lambda: label_components(graph, directed=False)[0], lambda found: digest_of_components(found.a)),
})
