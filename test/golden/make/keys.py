"""The toolkit's keys of randomness in Python, written from their definition: the same key gives the same numbers.

A key is 32 hexadecimal digits, the head of the SHA-256 of a text: "retort:SEED" for a root, "PARENT/NAME/NAME" for a
child. Its stream is xoshiro128** 1.1 (Blackman and Vigna 2018), started from its four words, the last one made odd.
"""
import hashlib
import math

WORD = 0xFFFFFFFF


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def key(seed):
    return digest(f"retort:{seed}")


def child(parent, *names):
    return digest(parent + "/" + "/".join(str(n) for n in names))


class Stream:
    def __init__(self, source):
        self.s = [int(source[8 * i : 8 * i + 8], 16) for i in range(4)]
        self.s[3] |= 1
        self.spare = None

    def word(self):
        a, b, c, d = self.s
        x = b * 5 & WORD
        result = ((x << 7 | x >> 25) & WORD) * 9 & WORD
        t = b << 9 & WORD
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        c ^= t
        self.s = [a, b, c, (d << 11 | d >> 21) & WORD]
        return result

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * (self.word() / 4294967296)

    def integer(self, below):
        limit = 4294967296 - 4294967296 % below
        while True:
            w = self.word()
            if w < limit:
                return w % below

    def normal(self):
        """Box and Muller."""
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        radius = math.sqrt(-2 * math.log((self.word() + 1) / 4294967296))
        angle = 2 * math.pi * self.uniform()
        self.spare = radius * math.sin(angle)
        return radius * math.cos(angle)

    def gamma(self, shape):
        """Marsaglia and Tsang 2000."""
        if shape < 1:
            return self.gamma(shape + 1) * (1 - self.uniform()) ** (1 / shape)
        d = shape - 1 / 3
        while True:
            x = self.normal()
            v = (1 + x / math.sqrt(9 * d)) ** 3
            if v > 0 and math.log(1 - self.uniform()) < x * x * 0.5 + d - d * v + d * math.log(v):
                return d * v

    def beta(self, alpha):
        a, b = self.gamma(alpha), self.gamma(alpha)
        return a / (a + b)


def permutation(source, n):
    stream, order = Stream(source), list(range(n))
    for i in range(n - 1, 0, -1):
        j = stream.integer(i + 1)
        order[i], order[j] = order[j], order[i]
    return order
