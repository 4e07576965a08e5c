from bitpail.wire.natural_order import key


def test_numbers_count_whatever_their_length_and_come_before_letters():
    names = ["v10", "v9", "v", "v1.10", "v1.2", "v010", "va", "9", "1" * 5000, "x²", "x٣"]

    found = sorted(names, key=key)

    assert found == ["9", "1" * 5000, "v", "v1.2", "v1.10", "v9", "v010", "v10", "va", "x²", "x٣"]
