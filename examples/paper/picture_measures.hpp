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

/// Of the pixels of each of images: (N, H, W, C) that are above 0.1, the share that is grey among grey: all of the 3 x 3
/// pixels around them lie above 0.1 and not above 0.5. 0 when none is. Strokes have none; the mean digit is little else.
std::vector<double> shadow_shares(const neb::Tensor<float>& images);

/// Whether that share is seen as a shadow.
inline bool has_shadow(double shadow_share) { return shadow_share > 0.02; }

}  // namespace examples::paper
