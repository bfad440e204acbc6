"""The graph of a folder as numpy arrays, and answers in the form of bench/peer_bench.cpp."""
import numpy


def read_edges(folder):
    """Sources and targets, row by row of edges.csv."""
    edges = numpy.loadtxt(f"{folder}/edges.csv", delimiter=",", skiprows=1, usecols=(0, 1), dtype=numpy.int64)
    return edges[:, 0], edges[:, 1]


def read_risk(folder):
    """The base risk of each vertex: vertices.csv lists them in order, from 0."""
    return numpy.loadtxt(f"{folder}/vertices.csv", delimiter=",", skiprows=1, usecols=1, ndmin=1)


def digest_of_components(label):
    """label: one value for each vertex, equal inside a component."""
    label = numpy.asarray(label)
    vertices = numpy.arange(len(label), dtype=numpy.uint64)
    names, first, place = numpy.unique(label, return_index=True, return_inverse=True)
    smallest = first.astype(numpy.uint64)[place]
    return [len(names), int((smallest * (vertices + numpy.uint64(1))).sum(dtype=numpy.uint64))]


def digest_of_scores(scores):
    return [float(scores.sum()), float((scores * scores).sum()), float((scores * numpy.arange(1, len(scores) + 1)).sum())]
