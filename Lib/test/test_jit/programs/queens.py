"""Places queens by backtracking with lists of booleans: branches, recursion and list stores."""


class Board:
    def __init__(self, size):
        self.size = size
        self.columns = [False] * size
        self.up = [False] * (2 * size)
        self.down = [False] * (2 * size)
        self.solutions = 0

    def free(self, row, column):
        return not (self.columns[column] or self.up[row + column] or self.down[row - column + self.size])

    def put(self, row, column, value):
        self.columns[column] = value
        self.up[row + column] = value
        self.down[row - column + self.size] = value

    def place(self, row):
        if row == self.size:
            self.solutions += 1
            return
        for column in range(self.size):
            if self.free(row, column):
                self.put(row, column, True)
                self.place(row + 1)
                self.put(row, column, False)


def run():
    board = Board(7)
    board.place(0)
    return board.solutions


# result: run() == 40
