/** Pixel statistics of a raw dataset over its training images: what a set distilled from it resembles. */
export interface KnownContent {
  readonly name: string;
  /** Mean and standard deviation over all pixels, per channel, in pixel units. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly classes: number;
  readonly side: number;
  /** Standard deviation in the outer eighth of the side, as a share of that inside; only where it tells sets apart. */
  readonly frameContrast?: number;
}

/**
 * Differs from `knownNormalisations` where the field normalises by other numbers than the set's own: the 0.2023 0.1994
 * 0.2010 of CIFAR-10 are means of per-image deviations, not the deviation of its pixels.
 *
 * MNIST, Fashion-MNIST and CIFAR-10: computed from the training images. Others: as published beside the sets.
 */
export const knownContent: readonly KnownContent[] = [
  { name: "mnist", mean: [0.1307], std: [0.3081], classes: 10, side: 28, frameContrast: 0.14 },
  { name: "fashion-mnist", mean: [0.286], std: [0.353], classes: 10, side: 28, frameContrast: 0.71 },
  { name: "svhn", mean: [0.4377, 0.4438, 0.4728], std: [0.198, 0.201, 0.197], classes: 10, side: 32 },
  { name: "cifar-10", mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616], classes: 10, side: 32 },
  { name: "cifar-100", mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762], classes: 100, side: 32 },
  { name: "imagenet", mean: [0.4802, 0.4481, 0.3975], std: [0.277, 0.269, 0.2821], classes: 1000, side: 64 },
];
