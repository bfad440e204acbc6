"""scipy's sparse matrices: weak components, and three rounds of propagation. usage: scipy_peer.py FOLDER"""
import sys

import numpy
import scipy
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from arrays import digest_of_components, digest_of_scores, read_edges, read_risk
from peer import Clock, serve

folder = sys.argv[1]
clock = Clock()
with clock("load"):
    source, target = read_edges(folder)
    risk = read_risk(folder)
with clock("build"):
    # A row for each payee; parallel transfers are summed up, so that the product has fewer entries than there are transfers.
    shares = csr_matrix((numpy.ones(len(source)), (target, source)), shape=(len(risk), len(risk)))


def propagation():
    scores = risk
    for _ in range(3):
        scores = risk + 0.5 * (shares @ scores)
    return scores


serve("scipy", scipy.__version__, clock, {
    "components": (lambda: connected_components(shares, directed=True, connection="weak")[1], digest_of_components),
    "propagation": (propagation, digest_of_scores),
})
