"""NetworkX: paths, centrality, components and a spanning tree of a grid with diagonals."""

from __future__ import annotations

import networkx as nx

SIDE = 12


def graph() -> nx.Graph:
    result = nx.grid_2d_graph(SIDE, SIDE)
    for n in range(SIDE - 1):
        result.add_edge((n, n), (n + 1, n + 1))
    for number, (one, two) in enumerate(result.edges):
        result.edges[one, two]["weight"] = number * 37 % 11 + 1
    return result


def run() -> object:
    g = graph()
    tree = nx.minimum_spanning_tree(g)
    return (
        nx.dijkstra_path(g, (0, 0), (SIDE - 1, SIDE - 1)),
        nx.betweenness_centrality(g, weight="weight"),
        sorted(nx.clustering(g).items()),
        sum(data["weight"] for _, _, data in tree.edges(data=True)),
        [len(part) for part in nx.connected_components(tree)],
        sorted(nx.core_number(g).items()),
    )
