"""Text work: concatenation, methods, joins, comparisons, in-place growth, non-Latin text."""


def grow(count):
    text = ""
    for i in range(count):
        text += "ab" if i % 2 else "c"
        if len(text) > 200:
            text = text[100:]
    return text[:9], len(text)


def caesar(text, shift):
    out = []
    for c in text:
        if "a" <= c <= "z":
            out.append(chr((ord(c) - 97 + shift) % 26 + 97))
        elif c.isupper():
            out.append(c.lower())
        else:
            out.append(c)
    return "".join(out)


def words(text):
    counts = {}
    for word in text.split():
        word = word.strip(".,").lower()
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:4]


def palindromes(limit):
    found = 0
    for n in range(limit):
        text = str(n)
        if text == text[::-1]:
            found += n
    return found


TEXT = (
    "A trace is a path. The path is what ran, and the Trace is kept. Größe, naïve, 日本語 and the rest. " * 40
)


def run():
    shifted = caesar(TEXT, 3)
    back = caesar(shifted, -3)
    return grow(9000), shifted[:24], back == TEXT.lower(), words(TEXT), palindromes(15000)


# result: digest(run()) == 'c41bc1ca8f31b6c5'
