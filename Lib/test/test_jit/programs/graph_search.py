"""Shortest paths on a grid with a heap, and breadth-first search with a deque: tuples, dicts, C calls in the loop."""

import collections
import heapq


def cost(x, y):
    return (x * 7 + y * 13 + x * y) % 9 + 1


def dijkstra(size):
    best = {(0, 0): 0}
    queue = [(0, 0, 0)]
    while queue:
        distance, x, y = heapq.heappop(queue)
        if best[x, y] < distance:
            continue
        for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            nx, ny = x + dx, y + dy
            if 0 <= nx < size and 0 <= ny < size:
                total = distance + cost(nx, ny)
                if total < best.get((nx, ny), 1 << 30):
                    best[nx, ny] = total
                    heapq.heappush(queue, (total, nx, ny))
    return best[size - 1, size - 1], sum(best.values())


def breadth_first(count):
    links = {i: [(i * 3 + 1) % count, (i * i + 2) % count, (i + 1) % count] for i in range(count)}
    depth = {0: 0}
    queue = collections.deque([0])
    while queue:
        node = queue.popleft()
        for other in links[node]:
            if other not in depth:
                depth[other] = depth[node] + 1
                queue.append(other)
    return max(depth.values()), sum(depth.values())


def run():
    return dijkstra(45), breadth_first(6000)


# result: run() == ((345, 367708), (14, 56523))
