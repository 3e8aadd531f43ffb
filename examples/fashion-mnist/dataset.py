"""Fashion-MNIST as Debian packages it (dataset-fashion-mnist, MIT licence), and its augmentation."""
import gzip
import pathlib

import numpy as np
import torch

FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def load(part, folder=FOLDER):
    """Images as uint8 [n, 1, 28, 28] and labels as int64 [n] of "train" (60,000) or "t10k" (10,000)."""
    # IDX files: a big-endian header of 16 bytes for images and 8 for labels, then the bytes themselves.
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return (
        torch.from_numpy(np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28).copy()),
        torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64)),
    )


def to_unit(images):
    """Pixels 0..255 to the graph's input, float32 0..1."""
    return images.float() / 255


def augment(images, generator):
    """Mirrors half of the images and moves each by up to two pixels; [n, 1, 28, 28] uint8 to the same."""
    n, _, height, width = images.shape
    padded = torch.nn.functional.pad(images[:, 0], (2, 2, 2, 2))
    rows = torch.arange(height) + torch.randint(0, 5, (n, 1), generator=generator)
    columns = torch.arange(width) + torch.randint(0, 5, (n, 1), generator=generator)
    mirrored = torch.rand(n, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]
