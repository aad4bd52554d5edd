"""Matrix product, transposition and elimination with lists of lists of floats."""


def make(rows, columns, seed):
    state = seed
    out = []
    for _ in range(rows):
        row = []
        for _ in range(columns):
            state = (state * 1103515245 + 12345) % 2147483648
            row.append(state / 2147483648 - 0.5)
        out.append(row)
    return out


def product(a, b):
    width, depth = len(b[0]), len(b)
    out = []
    for row in a:
        line = [0.0] * width
        for j in range(width):
            total = 0.0
            for k in range(depth):
                total += row[k] * b[k][j]
            line[j] = total
        out.append(line)
    return out


def determinant(matrix):
    m = [row[:] for row in matrix]
    size = len(m)
    result = 1.0
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(m[r][column]))
        if m[pivot][column] == 0.0:
            return 0.0
        if pivot != column:
            m[pivot], m[column] = m[column], m[pivot]
            result = -result
        result *= m[column][column]
        for row in range(column + 1, size):
            factor = m[row][column] / m[column][column]
            for k in range(column, size):
                m[row][k] -= factor * m[column][k]
    return result


def run():
    a, b = make(40, 30, 1), make(30, 40, 2)
    c = product(a, b)
    d = [list(column) for column in zip(*c)]
    return repr(sum(map(sum, product(c, d)))), repr(determinant(make(40, 40, 3)))


# result: run() == ('617.3022142377082', '-211.45043004465805')
