"""A cellular automaton on sets of tuples and on flat lists."""


def neighbours(cell):
    x, y = cell
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            if dx or dy:
                yield x + dx, y + dy


def step(cells):
    counts = {}
    for cell in cells:
        for near in neighbours(cell):
            counts[near] = counts.get(near, 0) + 1
    return {cell for cell, n in counts.items() if n == 3 or (n == 2 and cell in cells)}


def flat_step(grid, width, height):
    out = [0] * (width * height)
    for y in range(height):
        up, down = (y - 1) % height * width, (y + 1) % height * width
        row = y * width
        for x in range(width):
            left, right = (x - 1) % width, (x + 1) % width
            n = grid[up + left] + grid[up + x] + grid[up + right] + grid[row + left] + grid[row + right]
            n += grid[down + left] + grid[down + x] + grid[down + right]
            out[row + x] = 1 if n == 3 or (n == 2 and grid[row + x]) else 0
    return out


def run():
    cells = {(0, 1), (1, 2), (2, 0), (2, 1), (2, 2), (10, 10), (10, 11), (10, 12), (11, 11)}
    for _ in range(60):
        cells = step(cells)
    grid = [(i * i // 7) % 3 % 2 for i in range(40 * 25)]
    for _ in range(25):
        grid = flat_step(grid, 40, 25)
    return len(cells), sum(x + 3 * y for x, y in cells), sum(grid), sum(i * g for i, g in enumerate(grid))


# result: run() == (13, 546, 98, 55233)
