# %% [markdown]
# # Handwritten digit recognition
#
# **Three layers and a minute of training read 98 of 100 handwritten digits, and then fail on your
# own drawing, until the drawing looks like what they learned from.**
#
# You will load MNIST, build a network in plain Keras, train it, see where it errs, and then take
# the step that most lessons leave out: a picture of your own.
#
# | | |
# |---|---|
# | Time to run | about two minutes on two processor cores; no graphics card needed |
# | Needs | `pip install tensorflow opencv-python matplotlib notebook` |
# | Your own digit | optional: dark on white, saved beside this notebook as `img_7.png` |
#
# Run the cells from top to bottom. They need no edits.

# %%
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # has to be set before TensorFlow is loaded

import cv2
import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(7)

# %% [markdown]
# One helper draws every row of small pictures below, always with 0 as black and 255 as white. The
# two colours of the charts stay apart for colour-blind eyes too.

# %%
BLUE, ORANGE = "#0072B2", "#D55E00"
plt.rcParams.update({"figure.dpi": 110, "font.size": 9, "axes.titlesize": 9})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})


def show(images, captions=(), columns=10, size=0.8):
    """Draw grey pictures in rows of `columns`, each `size` inches wide, captions above."""
    rows = -(-len(images) // columns)
    height = size + (0.2 + 0.15 * captions[0].count("\n") if len(captions) else 0)
    figsize = (columns * size, rows * height)
    _, axes = plt.subplots(rows, columns, figsize=figsize, layout="constrained")
    for axis, image in zip(axes.flat, images, strict=True):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color="0.7")
    for axis, caption in zip(axes.flat, captions, strict=False):
        axis.set_title(caption, fontsize=8)
    plt.show()


# %% [markdown]
# ## 1. The data
#
# MNIST is 70,000 handwritten digits with their labels. Look for the shape of the arrays and the
# range of the numbers in them.

# %%
try:
    from digits.data import mnist  # this project's loader, which knows more places to look

    train_images, train_labels = mnist.load("train")
    test_images, test_labels = mnist.load("test")
except ImportError:
    (train_images, train_labels), (test_images, test_labels) = keras.datasets.mnist.load_data()

print("to learn from ", train_images.shape, train_images.dtype)
print("to be tested on", test_images.shape, test_images.dtype)
print("grey levels    ", train_images.min(), "to", train_images.max())

# %% [markdown]
# Each picture is a grid of 28 × 28 grey levels. The 10,000 test pictures were written by other
# people than the 60,000 training pictures; they stay untouched until the network is trained.
#
# Next, six of each digit. Look for how differently people write the same one.

# %%
columns = [train_images[train_labels == digit][:6] for digit in range(10)]
rows = [column[i] for i in range(6) for column in columns]
show(rows, size=0.55)

# %% [markdown]
# Slant, width and pen differ; ones are strokes, some sevens are barred, some fours are open.
#
# Now the mean of all pictures of each digit. Look for what does *not* differ.

# %%
means = [train_images[train_labels == digit].mean(axis=0) for digit in range(10)]
show(means, captions=[f"mean {digit}" for digit in range(10)])

# %% [markdown]
# Even a mean of thousands is a clear digit: they all are bright on black, of one size, and in
# the middle. Somebody prepared them that way. Keep this in mind, for it comes back in section 6.
#
# ## 2. Normalise
#
# A network learns best from small numbers. Look for the new range.

# %%
train = train_images.astype("float32") / 255
test = test_images.astype("float32") / 255
print("grey levels", train.min(), "to", train.max())

# %% [markdown]
# Black is 0, white is 1, and nothing else has changed.
#
# ## 3. Three layers
#
# `Flatten` lays the 28 × 28 grid out as 784 numbers in a row. The first `Dense` layer looks at
# them through 128 learned masks; the second weighs what these found into ten probabilities that
# sum to one. Look for where the parameters are.

# %%
model = keras.Sequential(
    [
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.summary()

# %% [markdown]
# Nearly all of them are masks: 784 weights and one offset for each of the 128. The network has no
# idea yet that pixels have neighbours.
#
# ## 4. Train
#
# An epoch is one pass over the training pictures. A tenth of them is held back for validation,
# so that one can see how the network does on pictures that it does not learn from. Look for the
# point where the two columns part.

# %%
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def report(epoch, logs):
    seen, unseen = logs["accuracy"], logs["val_accuracy"]
    print(f"epoch {epoch + 1:2}   training {seen:6.1%}   validation {unseen:6.1%}")


history = model.fit(
    train,
    train_labels,
    batch_size=128,
    epochs=20,
    validation_split=0.1,
    verbose=0,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=report)],
).history

# %% [markdown]
# Training accuracy climbs to nearly 100 %, validation accuracy stays around 98 %.
#
# The same as curves. Look for where the validation loss stops falling.

# %%
figure, panels = plt.subplots(1, 2, figsize=(7.5, 2.6), layout="constrained")
epochs = range(1, len(history["loss"]) + 1)
for panel, name in zip(panels, ["loss", "accuracy"], strict=True):
    panel.plot(epochs, history[name], color=BLUE, label="training")
    panel.plot(epochs, history["val_" + name], color=ORANGE, linestyle="--", label="validation")
    panel.set(xlabel="epoch", title=name, xticks=[1, 5, 10, 15, 20])
panels[0].legend(frameon=False)
plt.show()

# %% [markdown]
# After some ten epochs the network only gets surer of what it has already seen: the training loss
# goes on towards zero, while the validation loss turns and creeps up. This is overfitting, here
# in its mild form.
#
# ## 5. Test
#
# Only now, with the training done, the 10,000 test pictures. `evaluate` gives the loss and the
# accuracy over all of them. Look for the gap to the training accuracy above.

# %%
loss, accuracy = model.evaluate(test, test_labels, verbose=0)
print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")

# %% [markdown]
# Around 98 % of digits by people it has never met.
#
# `predict` gives the ten probabilities for every picture, and the largest of them is the answer.
# Look for how many pictures the missing two per cent are.

# %%
probabilities = model.predict(test, verbose=0)
predicted = probabilities.argmax(axis=1)
wrong = predicted != test_labels
print(f"{1 - wrong.mean():.1%} right, {wrong.sum()} of {len(test)} wrong")

# %% [markdown]
# Which digits are taken for which? Each row is a true digit, each column an answer. The colour
# counts the mistakes only. Look for the darkest fields.

# %%
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (test_labels, predicted), 1)
mistakes = confusion * (1 - np.eye(10, dtype=int))

figure, axis = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
axis.imshow(mistakes, cmap="Blues", vmax=1.3 * mistakes.max())
for (true, answer), count in np.ndenumerate(confusion):
    axis.text(answer, true, count or "", ha="center", va="center", fontsize=8)
axis.set(xlabel="answer of the network", ylabel="true digit", xticks=range(10), yticks=range(10))
axis.spines[:].set_visible(False)
plt.show()

# %% [markdown]
# The mistakes gather where people hesitate as well, such as between 4 and 9, or where one more
# stroke makes the difference.
#
# The worst mistakes are those where the network gave the truth the least probability. Look at
# each and decide for yourself.

# %%
given_to_truth = probabilities[np.arange(len(test)), test_labels]
worst = given_to_truth.argsort()[:16]
captions = [
    f"{test_labels[i]}, read {predicted[i]}\n{probabilities[i].max():.0%} sure" for i in worst
]
show(test_images[worst], captions, columns=8, size=0.95)

# %% [markdown]
# A few are hard for anyone, and some labels are open to dispute. Others are plain, and the network
# is wrong and *sure*. Its percentages tell how far the answer is from the other nine, and not
# whether the picture is anything it knows. The next section makes use of that weakness.
#
# ## 6. Your own picture
#
# Draw a digit in any paint program, dark on white, and save it as `img_7.png` beside this
# notebook; any size will do. Look for how harmless it seems.

# %%
picture = cv2.imread('img_7.png', cv2.IMREAD_GRAYSCALE)
found = picture is not None
if not found:
    print("No img_7.png beside this notebook: a 7 drawn here by three points takes its place.")
    points = np.array([[5, 5], [13, 4], [8, 16]])
    picture = np.full((28, 28), 255, dtype=np.uint8)
    cv2.polylines(picture, [points], isClosed=False, color=40, lineType=cv2.LINE_AA)

height, width = picture.shape
print(f"{width} × {height} pixels, grey levels {picture.min()} to {picture.max()}")

# %% [markdown]
# ### The naive way
#
# The picture goes in just as it is, made 28 × 28 if it is not already. Look for the answer and
# for how sure it is.

# %%
naive = cv2.resize(picture, (28, 28), interpolation=cv2.INTER_AREA)


def read(tile):
    """The ten probabilities that the network gives to one 28 × 28 picture."""
    return model.predict(tile[np.newaxis] / 255, verbose=0)[0]


def tell(answer):
    print(f"read as {answer.argmax()}, {answer.max():.0%} sure")


as_it_is = read(naive)
tell(as_it_is)

# %% [markdown]
# Anyone can see a 7; the network does not. Here is what it was given, beside a 7 that it learned
# from. Look for three differences.

# %%
example = train_images[train_labels == 7][0]
show([naive, example], ["our picture", "a 7 of MNIST"], columns=2, size=1.8)

# %% [markdown]
# 1. **Polarity.** Ours is dark on white. White is 1, so nearly all of the 784 inputs are large,
#    and only those of the digit are small.
# 2. **Size and weight.** Ours is small and thin, MNIST's fills 20 pixels with a broad pen.
# 3. **Place.** Ours lies off the middle, and the masks of the first layer do not move.
#
# ### Step 1: from picture to ink
#
# The border shows the paper, and whatever differs from the paper is ink. So polarity is not
# assumed but seen: dark on white and white on black come out alike. Look for the black background,
# and for whether this is enough.

# %%
border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
paper = np.full_like(picture, np.median(border))
ink = cv2.absdiff(picture, paper)

only_inverted = read(cv2.resize(ink, (28, 28), interpolation=cv2.INTER_AREA))
tell(only_inverted)
show([picture, ink], ["picture", "ink"], columns=2, size=1.4)

# %% [markdown]
# Bright on black now. But polarity was one difference of three, and an answer at this stage is
# good luck at best.
#
# ### Step 2: find the digit
#
# Otsu's threshold divides faint from strong; the box around the strong pixels holds the digit.
# Look for how little of the picture it is.

# %%
_, strong = cv2.threshold(ink, 0, 255, cv2.THRESH_OTSU)
x, y, width, height = cv2.boundingRect(strong)
crop = ink[y : y + height, x : x + width]
show([ink, strong, crop], ["ink", "strong ink", f"{width} × {height}"], columns=3, size=1.4)

# %% [markdown]
# Where and how large it was drawn no longer matters.
#
# ### Step 3: MNIST's size
#
# The longer side becomes 20 pixels, the other follows, so that a 1 stays narrow; the strongest ink
# becomes white. Look for the width of the stroke.

# %%
scale = 20 / max(crop.shape)
size = [max(1, round(side * scale)) for side in (width, height)]
method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
scaled = cv2.resize(crop, size, interpolation=method)
scaled = cv2.normalize(scaled, None, 255, norm_type=cv2.NORM_INF)
show([crop, scaled], ["crop", f"{size[0]} × {size[1]}"], columns=2, size=1.4)

# %% [markdown]
# Size has brought the weight along: the stroke is about as broad as those of MNIST.
#
# ### Step 4: MNIST's place
#
# MNIST puts the *centre of mass* of the ink, not that of its box, into the middle of 28 × 28
# pixels. Look for the likeness.

# %%
mass = cv2.moments(scaled)
right = round(14 - mass["m10"] / mass["m00"])
down = round(14 - mass["m01"] / mass["m00"])
tile = cv2.warpAffine(scaled, np.float32([[1, 0, right], [0, 1, down]]), (28, 28))
show([naive, tile, example], ["before", "after", "a 7 of MNIST"], columns=3, size=1.6)

# %% [markdown]
# The picture in the middle could be one of the 60,000.
#
# ### Read it again
#
# The same network, not a weight changed. Look for the tallest bar in each chart.

# %%
prepared = read(tile)
tell(prepared)

stages = {"as it is": as_it_is, "only inverted": only_inverted, "prepared": prepared}
figure, panels = plt.subplots(1, 3, figsize=(7.5, 2.2), sharey=True, layout="constrained")
for panel, (stage, answer) in zip(panels, stages.items(), strict=True):
    colours = [ORANGE if digit == answer.argmax() else BLUE for digit in range(10)]
    panel.bar(range(10), answer, color=colours)
    panel.set(title=stage, xlabel="digit", xticks=range(10), ylim=(0, 1))
panels[0].set_ylabel("probability")
plt.show()

# %% [markdown]
# Nothing was wrong with the network and nothing with the drawing: it only looked unlike
# everything that the network had been trained on.
# **A network knows only the world it was trained in, and preparing the picture is half of
# reading it.**
#
# ## 7. The same in one line
#
# The package that this lesson belongs to does all of the above, and also reads photos, several
# digits, whole numbers and uneven light, with a better network. Look for the text and for the box
# around the digit.

# %%
try:
    import digits
except ImportError:
    digits = None
    print("The package is not installed. In the folder of this project:  pip install .")

if digits:
    reading = digits.read("img_7.png" if found else picture)
    print(f"read as {reading.text!r}")
    plt.figure(figsize=(2.8, 2.8), layout="constrained")
    plt.imshow(reading.draw())
    plt.axis("off")
    plt.show()

# %% [markdown]
# With the package installed, `digits.read("img_7.png").text` is the whole program, and
# `digits read img_7.png` the same on the command line.
#
# To go on: draw other digits, thick, slanted, white on black, and see which step saves which.
# Leave out the centring and read again. Then try `digits train --recipe fast`, which trains a
# network in seconds that makes fewer than half as many mistakes as this one.
