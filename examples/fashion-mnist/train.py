"""Trains, quantizes and writes the example network; deterministic, a few minutes on two cores. See README.md."""
import argparse
import hashlib
import json
import pathlib
import time

import torch

import dataset
from export import write_model
from network import Network
from quantize import calibrate, evaluate_integers, input_codes, quantize_weights

SEED = 2024
THREADS = 2
BATCH = 128
EPOCHS = 20
RATE = 6e-3
CALIBRATION_IMAGES = 2000
SHIPPED_IMAGES = 100


def train(network, images, labels, generator):
    """AdamW with a one-cycle learning rate; the last state is kept."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    steps = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, EPOCHS * steps, pct_start=0.2)
    loss_of = torch.nn.CrossEntropyLoss()
    network.train()
    for epoch in range(EPOCHS):
        start, total = time.time(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for step in range(steps):
            index = order[step * BATCH : (step + 1) * BATCH]
            batch = dataset.to_unit(dataset.augment(images[index], generator))
            loss = loss_of(network(batch), labels[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {total / steps:.4f}, {time.time() - start:.1f} s", flush=True)
    network.eval()


@torch.no_grad()
def count_float(network, images, labels):
    """Correct answers of the float network."""
    answers = torch.cat([network(dataset.to_unit(x)).argmax(1) for x in images.split(500)])
    return int((answers == labels).sum())


@torch.no_grad()
def integer_outputs(affines, weights, images):
    return torch.cat([evaluate_integers(affines, weights, input_codes(x)) for x in images.split(500)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, default=dataset.FOLDER, help="folder of the four .gz files")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="folder to write to")
    parser.add_argument("--codes", type=pathlib.Path, help="also write the evaluator's output codes here, 10,000 x 10 int8")
    arguments = parser.parse_args()

    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    images, labels = dataset.load("train", arguments.data)
    test_images, test_labels = dataset.load("t10k", arguments.data)

    network = Network()
    train(network, images, labels, generator)
    print(f"float: {count_float(network, test_images, test_labels)} of {len(test_labels)}")
    network.fold()

    affines = calibrate(network, dataset.to_unit(images[:CALIBRATION_IMAGES]))
    weights = quantize_weights(network, affines)
    codes = integer_outputs(affines, weights, test_images)
    hits = codes.argmax(1) == test_labels
    print(f"int8: {int(hits.sum())} of {len(hits)}; shipped: {int(hits[:SHIPPED_IMAGES].sum())} of {SHIPPED_IMAGES}")

    files = {
        "fashion-mnist.onnx": write_model(affines, weights),
        "images.bin": (test_images[:SHIPPED_IMAGES].numpy().astype("int16") - 128).astype("int8").tobytes(),
        "labels.bin": test_labels[:SHIPPED_IMAGES].numpy().astype("uint8").tobytes(),
        "classes.json": (json.dumps(dataset.CLASSES, indent=2) + "\n").encode(),
    }
    for name, data in files.items():
        (arguments.out / name).write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  {name}  {len(data)} bytes")
    if arguments.codes:
        arguments.codes.write_bytes(codes.numpy().astype("int8").tobytes())


if __name__ == "__main__":
    main()
