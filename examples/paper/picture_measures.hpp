/// What is measured of a picture by itself: how much is drawn, and whether that is strokes or blobs.
#pragma once

#include <vector>

#include <neb/core/tensor.hpp>

namespace examples::paper {

/// The sum of the pixels of each of images: (N, H, W, C).
std::vector<double> inks(const neb::Tensor<float>& images);

/// Whether an image is blank: its ink is under a tenth of what an image of the data has in the mean.
inline bool is_blank(double ink, double mean_ink) { return !(ink >= mean_ink / 10); }

/// Of the pixels of each of images: (N, H, W, C) that are above a half, the share that survives two erosions by 3 x 3: those
/// around which the 5 x 5 pixels are all above a half. 0 when none is. Channels are averaged; outside is dark.
std::vector<double> blob_shares(const neb::Tensor<float>& images);

}  // namespace examples::paper
