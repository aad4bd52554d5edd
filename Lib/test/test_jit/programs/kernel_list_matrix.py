"""Lists of lists of floats: the product of two matrices."""


def multiply(a, b, n):
    product = [[0.0] * n for _ in range(n)]
    for i in range(n):
        row = a[i]
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += row[k] * b[k][j]
            product[i][j] = total
    return product


def run():
    n = 50
    a = [[(i * n + j) % 17 * 0.25 for j in range(n)] for i in range(n)]
    b = [[(i + j * 3) % 13 * 0.5 for j in range(n)] for i in range(n)]
    return multiply(a, b, n)


# result: digest(run()) == 'e19030841856dedd'
