# SPDX-License-Identifier: Apache-2.0
"""Values for flags, good and bad: chosen ones for all forms, and variations of those that were taken."""
import random

NUMBERS = ["0", "1", "5", "15", "16", "30", "31", "100", "300", "301", "3650", "65536", "65537", "0016", "1.5", "0.05",
           "1.", ".5", ".", "..", "1..5", "1.2.3", "-1", "+1", "1e3", "0x10", "1,5", "1_000", " 1", "1 ", "\u0663", "",
           "9" * 20, "0" * 31, "0" * 32, "1" * 31, "0." + "0" * 28 + "1", "0." + "0" * 29 + "1"]
UNITS = ["", "ms", "s", "m", "h", "d", "us", "w", "S", "M", "sec", "B", "k", "K", "kB", "KB", "Ki", "KiB", "ki", "kiB",
         "MB", "Mi", "MiB", "G", "GB", "GiB", "T", "TB", "Ti", "TiB", "P", "PiB", "b", "/s", "B/s", "Ki/s", "KiB/s",
         "/m", "/", " s", "%"]
DURATIONS = ["100ms", "99ms", "99.999ms", "0.1s", "0.0999s", "5m", "5m0s", "5m1ms", "5m0.001s", "299s1000ms",
             "299s1001ms", "4m60s", "4m61s", "0.05h", "1h30m", "30m1h", "1h1h", "1d1h1m1s1ms", "30d", "29d24h",
             "30d1ms", "720h", "721h", "1ms1s", "1h 30m", "1hm", "h", "1h.m", "1h.5m", "s1", "1sms", "1m5", "5u",
             "1s5u", "0d0h0m0s0ms", "2592000s", "2592001s"]
WORDS = ["auto", "dormant", "busy", "low", "normal", "high", "json", "text", "none", "Auto", "LOW", "hi", "normal ",
         " normal", "auto,busy", "auto, dormant", "dormant or busy", "or", "true", "false", "yes", "on", "off", "null",
         "no", "all", "private", "full", "counters", "banana", "a while", "\u00e9t\u00e9", "x\ny", "\t", "'", '"', "\\",
         "%s", "$(x)", "auto\n"]
ADDRESSES = [":9477", ":0", ":65535", ":65536", ":00080", ":" + "0" * 60 + "80", ":" + "0" * 61 + "80",
             ":" + "0" * 62 + "80", ":", "9477", "[]:80", "[::]", "[::]:", "[::]:+1", "[::]: 1", "[::]:80x", "[:]:1",
             "[:::]:1", "[::1]:1", "[1::]:1", "[1::2]:1", "[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8:9]:1",
             "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7::]:1", "[::2:3:4:5:6:7:8]:1", "[1::3:4:5:6:7:8]:1",
             "[1:2:3:4::5:6:7:8]:1", "[1::2::3]:1", ":1:2:3:4:5:6:7:8:1", "[:1::2]:1", "[1::2:]:1", "[fe80::1%eth0]:1",
             "[FE80::ABCD]:1", "[12345::]:1", "[0001::]:1", "[00001::]:1", "[g::]:1", "[::1.2.3.4]:1",
             "[::ffff:1.2.3.4]:1", "[1:2:3:4:5:6:1.2.3.4]:1", "[1:2:3:4:5:6:7:1.2.3.4]:1", "[1:2:3:4:5:1.2.3.4]:1",
             "[::1.2.3]:1", "[::1.2.3.256]:1", "[::01.2.3.4]:1", "[1.2.3.4]:1", "[1.2.3.4::]:1", "[::1.2.3.4:5]:1",
             "[::a1.2.3.4]:1", "::1:80", "[[::]]:1", "[::]]:1", "127.0.0.1:9478", "0.0.0.0:1", "255.255.255.255:1",
             "256.0.0.1:1", "1.2.3:1", "1.2.3.4.5:1", "01.2.3.4:1", "1.2.3.04:1", "1.2.3.0:1", "1.2.3.:1", ".1.2.3:1",
             "1..2.3:1", "localhost:1", "a.b.c.d:1", " 127.0.0.1:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:1:2",
             "127.0.0.1 :1", "1.2.3.4]:1", "[1.2.3.4:1", "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
             "[0:0:0:0:0:0:0:0]:1", "[::0:0:0:0:0:0:0]:1"]
WINDOWS = ["02:00-02:30", "23:00-01:00", "00:00-24:00", "24:00-00:00", "24:00-24:00", "00:00-00:00", "24:01-01:00",
           "23:59-24:00", "25:00-01:00", "02:60-03:00", "2:00-3:00", "02:00-02:30,03:00-04:00",
           "02:00-02:30, 03:00-04:00", "02:00-02:30,", ",02:00-02:30", "02:00-02:30,,03:00-04:00", "02:00", "02:00-",
           "-02:30", "02:00-02:30-03:00", "02:00_02:30", "0200-0230", ",".join(["02:00-02:30"] * 8),
           ",".join(["02:00-02:30"] * 9), ",".join(f"0{i}:00-0{i}:30" for i in range(8)), "02:00-02:30,03:00-03:00",
           "02:00-02:30\n", "02:00-02:30Z", "02:0a-02:30"]
TEXTS = ["eth*,!eth9", "*", "!", ",", "x" * 255, "x" * 256, "\u00e9" * 127, "\u00e9" * 128, "x" + "\u00e9" * 127,
         "\u00e9" * 200, "\U0001f400" * 63, "\U0001f400" * 64, "\n", "x" * 5000, "a b", "0" * 5000 + "16",
         "0" * 5000 + "6553699"]
RESOURCES = ["cpu=5m,memory=8Mi", "cpu=5m", "memory=8Mi", "cpu=1,cpu=1"]
AMOUNTS = [number + unit for number in NUMBERS for unit in UNITS if number + unit]
CHOSEN = list(dict.fromkeys(AMOUNTS + DURATIONS + WORDS + ADDRESSES + WINDOWS + TEXTS + RESOURCES))

LETTERS = "0123456789.:,-[]/ =abcdfABCFsmhdkKMGTi\n\u00e9\u0663"


def varied(value, others, chance):
    """The value with one to three changes, or with another one behind it."""
    for _ in range(chance.randint(1, 3)):
        at, end = sorted(chance.randint(0, len(value)) for _ in "12")
        letter = chance.choice(LETTERS)
        value = chance.choice([
            lambda: value[:at] + letter + value[at:],
            lambda: value[:at] + letter + value[at + 1:],
            lambda: value[:at] + value[at + 1:],
            lambda: value[:at] + value[at:end] * 2 + value[end:],
            lambda: value[:at] + value[end:],
            lambda: value[:at] + value[at:end][::-1] + value[end:],
            lambda: value[:at] + value[at:end] * chance.randint(2, 60) + value[end:],
            lambda: value + chance.choice(["", ",", ":", "-"]) + chance.choice(others),
        ])()
    return value


def variations(taken, count, seed):
    """So many, the same each time."""
    chance = random.Random(seed)
    made = (varied(chance.choice(taken), taken, chance)[:400] for _ in range(count))
    return list(dict.fromkeys(value for value in made if value))
