/// How outputs are cut into tiles and a stride into phases, and which products at the points are left out because they are zero.
///
/// A polynomial without its last coefficient is zero at infinity, and one without its first is zero at 0.
/// The last tile along an axis may have more outputs than are left. So it lies one output further back, if that is one too many, and
/// leaves its first output to the tile before: whichever pass it is, its products at these two points do not count. 22 outputs of 3
/// taps are five tiles at six points and one at four, 34 values in place of 36.
/// And at a stride of 2 an odd filter has one tap less in every other phase: it is laid one tap further back, where it is zero at 0.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// A run of tiles, counted over the batch; or of rows, or of channels.
struct Run {
  Index first = 0;
  Index count = 0;
};

/// The tiles along one axis.
struct TiledAxis {
  Index tiles;         ///< how many there are
  bool without_first;  ///< whether the last one has no first output
  bool without_last;   ///< whether it has no last output, and a point at infinity

  /// `extent` outputs in tiles of `outputs`, at an even number of points that has infinity, or an odd one that does not.
  TiledAxis(Index extent, Index outputs, Index points) : tiles(tile_count(extent, outputs)) {
    const Index spare = tiles * outputs - extent;
    without_last = points % 2 == 0 && spare > 0;
    without_first = spare > (without_last ? 1 : 0);
  }

  bool at_edge(Index tile) const { return tile == tiles - 1 && (without_first || without_last); }
  /// The outputs that a tile has room for and leaves to the one before.
  int skipped(Index tile) const { return at_edge(tile) && without_first ? 1 : 0; }
  /// The first output that a tile has room for.
  Index start(Index tile, Index outputs) const { return tile * outputs - skipped(tile); }
  /// Whether the tile at the edge is zero at a point.
  bool vanishes(Index point, Index points) const {
    return (without_first && point == 0) || (without_last && point == points - 1);
  }
  /// Values of all tiles that are not zero.
  Index values(Index points) const { return tiles * points - (without_first ? 1 : 0) - (without_last ? 1 : 0); }
};

/// Cells of a grid, of which the last rows and the last columns are at an edge, sorted so that those that are left when the rows at
/// the edge, the columns there or both are dropped are always neighbours: at the right alone, inside, at the bottom alone, both.
struct EdgeKinds {
  static constexpr std::size_t count = 4;
  std::array<Index, count> ends;  ///< of each kind

  static std::size_t kind(bool bottom, bool right) { return bottom ? (right ? 3 : 2) : (right ? 0 : 1); }

  Run left(bool no_bottom, bool no_right) const {
    const Index first = no_right ? ends[0] : 0, last = no_bottom ? ends[1] : no_right ? ends[2] : ends[3];
    return {first, last - first};
  }
};

/// The tiles of an image: `down.tiles` rows of them.
struct Tiling {
  TiledAxis down, across;
  Index points;

  Index image_tiles() const { return down.tiles * across.tiles; }

  std::size_t kind(Index row, Index column) const { return EdgeKinds::kind(down.at_edge(row), across.at_edge(column)); }

  /// How many tiles of each kind come before one of the batch.
  std::array<Index, EdgeKinds::count> before(Index tile) const {
    const Index images = tile / image_tiles(), row = tile % image_tiles() / across.tiles, column = tile % across.tiles;
    const Index right = across.at_edge(across.tiles - 1) ? 1 : 0, bottom = down.at_edge(down.tiles - 1) ? 1 : 0;
    const Index right_alone = right * (images * (down.tiles - bottom) + row);
    const Index bottom_alone = bottom * images * (across.tiles - right) + (down.at_edge(row) ? column : 0);
    const Index both = images * right * bottom;
    return {right_alone, tile - right_alone - bottom_alone - both, bottom_alone, both};
  }
};

/// Where the tiles of a range lie in the rows of planes: by kind, and in their order within a kind.
class TileRows {
 public:
  TileRows(const Tiling& tiling, const Run& range)
      : tiling_(tiling), range_(range), before_(tiling.before(range.first)) {
    const auto after = tiling.before(range.first + range.count);
    for (std::size_t kind = 0; kind < EdgeKinds::count; ++kind)
      kinds_.ends[kind] = (kind > 0 ? kinds_.ends[kind - 1] : 0) + after[kind] - before_[kind];
  }

  const Run& range() const { return range_; }

  /// The rows of the next tiles of each kind, from a tile of the range on.
  std::array<Index, EdgeKinds::count> from(Index tile) const {
    std::array<Index, EdgeKinds::count> rows = tiling_.before(tile);
    for (std::size_t kind = 0; kind < EdgeKinds::count; ++kind)
      rows[kind] += (kind > 0 ? kinds_.ends[kind - 1] : 0) - before_[kind];
    return rows;
  }

  /// The rows whose products count in a plane, that of the points plane / points and plane % points.
  Run counting(Index plane) const {
    return kinds_.left(tiling_.down.vanishes(plane / tiling_.points, tiling_.points),
                       tiling_.across.vanishes(plane % tiling_.points, tiling_.points));
  }

 private:
  Tiling tiling_;
  Run range_;
  std::array<Index, EdgeKinds::count> before_;
  EdgeKinds kinds_{};
};

/// The phases of a stride along one axis that meet the filter, of which the first have `taps` taps, and others one less, or fewer.
struct PhasedAxis {
  Index phases, full;

  PhasedAxis(Index kernel, Index stride, Index taps)
      : phases(std::min(stride, kernel)), full(std::clamp<Index>(kernel - (taps - 1) * stride, 0, phases)) {}

  /// Whether the filter of a phase has no first tap.
  bool without_first(Index phase) const { return phase >= full; }
  /// Values of the filters of all phases that are not zero, and of those of tiles that are multiplied with them.
  Index values(Index points) const { return phases * points - (phases - full); }
  Index values(const TiledAxis& axis, Index points) const {
    return phases * axis.values(points) - (phases - full) * (axis.tiles - (axis.without_first ? 1 : 0));
  }
};

/// The phases of an image, in the order of EdgeKinds.
struct Phases {
  PhasedAxis down, across;
  EdgeKinds kinds = kinds_of(down, across);

  Index count() const { return kinds.ends[EdgeKinds::count - 1]; }

  /// The phase along each axis.
  std::array<Index, 2> at(Index phase) const {
    std::size_t kind = 0;
    while (phase >= kinds.ends[kind]) ++kind;
    const Index before = kind > 0 ? kinds.ends[kind - 1] : 0;
    const bool bottom = kind == 2 || kind == 3, right = kind == 0 || kind == 3;
    const Index columns = right ? across.phases - across.full : across.full;
    return {(bottom ? down.full : 0) + (phase - before) / columns,
            (right ? across.full : 0) + (phase - before) % columns};
  }

  /// Those whose products count in the plane of two points.
  Run counting(Index row_point, Index column_point) const { return kinds.left(row_point == 0, column_point == 0); }

  static EdgeKinds kinds_of(const PhasedAxis& down, const PhasedAxis& across) {
    const Index right = down.full * (across.phases - across.full), inside = down.full * across.full;
    const Index bottom = (down.phases - down.full) * across.full, all = down.phases * across.phases;
    return {{right, right + inside, right + inside + bottom, all}};
  }
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
