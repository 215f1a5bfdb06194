/* Covering a shape with ranges of codes.
 *
 *      row   ┌────┬────┬────┬────┬────┐      A grid of cells, as coarse as CELLS_MAX asks, lies over the box
 *       3    │    │ ·· │▒▒▒▒│ ·· │    │      around the shape. For each row of it the shape's widest and its
 *       2    │ ·· │▒▒▒▒│████│▒▒▒▒│ ·· │      narrowest extent between the row's two latitudes say which cells
 *       1    │ ·· │▒▒▒▒│████│▒▒▒▒│ ·· │      it touches (·), and which lie inside (█): their members need no
 *       0    │    │ ·· │▒▒▒▒│ ·· │    │      further look.
 *            └────┴────┴────┴────┴────┘
 *
 * Half the angle of longitude that a shape spans at a latitude, its reach, has one maximum: at the tangent
 * meridian for a circle (at the pole, if it holds one), at the latitude nearest to a pole for a box. So the
 * widest extent of a row is at that latitude or at the row's end next to it, the narrowest at one of its
 * ends.
 *
 * Cells are visited in the order of their codes, by quartering the block around the grid, and runs of
 * neighbours become one range. Longitude is a ring: extents may go beyond its ends, so they are compared with
 * a cell where it is and one turn to either side. All bounds get a margin, which makes a cell too many touch
 * and a cell too few be inside. */
#include "common/base/panic.h"
#include "server/ds/geo.h"
#include <math.h>

#define UNITS        ((int64_t)1 << 26) /* of either axis; a coordinate can be UNITS itself */
#define EARTH_RADIUS 6372797.560856
#define RADIANS      (M_PI / 180.0)
#define CELLS_MAX    48 /* of the grid: more cells, fewer members in vain, and more places to seek */
#define MARGIN       2  /* units */
#define GLOBE_LEVEL  27 /* a block of 2^27 units holds the upper edges too */

struct interval {
    int64_t from, to; /* of units or cells, both ends in it; empty if from > to */
};

struct cover {
    const struct geo_shape *shape;
    unsigned level;          /* a cell of the grid has 2^level units a side */
    int64_t first_row, rows; /* in cells */
    struct interval touched[CELLS_MAX + 1], inside[CELLS_MAX + 1]; /* for each row: units, not wrapped */
    struct interval all;                                           /* what any row touches */
    uint64_t block_min, block_max;                                 /* the block around the centre */
    struct geo_range *ranges;
    size_t count;
};

/* --- the shape as latitudes and reaches, in radians --- */

/* Half the angle of longitude that the shape spans at a latitude: negative if none, at least pi if all. */
static double reach(const struct geo_shape *shape, double lat) {
    double half; /* the sine of half of it */
    if (shape->box) {
        double angle = shape->width_m / 2 / (2 * EARTH_RADIUS);
        if (angle >= M_PI / 2) return INFINITY;
        half = sin(angle) / cos(lat);
    } else {
        double r = sin(shape->radius_m / (2 * EARTH_RADIUS)), d = sin((lat - shape->lat) / 2);
        double square = (r * r - d * d) / (shape->cos_lat * cos(lat));
        if (square < 0) return -1;
        half = sqrt(square);
    }
    return half >= 1 ? INFINITY : 2 * asin(half);
}

/* The latitude between two at which the shape reaches farthest. */
static double widest_between(const struct geo_shape *shape, double low, double high) {
    double widest;
    if (shape->box) {
        widest = fabs(low) > fabs(high) ? low : high;
    } else {
        double angle = shape->radius_m / EARTH_RADIUS;
        widest = fabs(shape->lat) + angle >= M_PI / 2 ? copysign(M_PI / 2, shape->lat)
                                                      : asin(sin(shape->lat) / cos(angle));
    }
    return widest < low ? low : widest > high ? high : widest;
}

/* Half the angle of latitude that it spans. */
static double half_height(const struct geo_shape *shape) {
    return (shape->box ? shape->height_m / 2 : shape->radius_m) / EARTH_RADIUS;
}

/* --- units --- */

static double lat_of_units(int64_t units) {
    return ((double)units / (double)UNITS * 2 - 1) * GEO_LAT_MAX * RADIANS;
}

static int64_t clamp_units(double units) {
    return units <= 0 ? 0 : units >= (double)UNITS ? UNITS : (int64_t)units;
}

static struct interval rows_of(const struct geo_shape *shape, double margin) {
    double scale = (double)UNITS / (2 * GEO_LAT_MAX * RADIANS);
    double middle = shape->lat * scale + (double)UNITS / 2, half = half_height(shape) * scale;
    return (struct interval){clamp_units(middle - half - margin), clamp_units(middle + half + margin)};
}

/* From a reach to units around the centre; `sign` of the margin: 1 outwards, -1 inwards. Not wrapped. */
static struct interval columns_of(const struct geo_shape *shape, double angle, int sign) {
    if (angle >= M_PI) return (struct interval){-UNITS, 2 * UNITS};
    if (angle < 0 && sign < 0) return (struct interval){1, 0};
    double scale = (double)UNITS / (2 * M_PI);
    double middle = shape->lon * scale + (double)UNITS / 2;
    double half = (angle < 0 ? 0 : angle) * scale * (1 + sign * 1e-6) + sign * MARGIN;
    if (half < 0) return (struct interval){1, 0};
    return (struct interval){(int64_t)floor(middle - half), (int64_t)ceil(middle + half)};
}

/* --- the grid --- */

/* Whether all of a row's latitudes are within the shape, seen along the centre's meridian. */
static bool height_inside(const struct geo_shape *shape, double low, double high) {
    double half = half_height(shape) * (1 - 1e-6) - 1e-7;
    return low >= shape->lat - half && high <= shape->lat + half;
}

static void measure_row(struct cover *c, int64_t row) {
    const struct geo_shape *shape = c->shape;
    double low = lat_of_units((c->first_row + row) << c->level);
    double high = lat_of_units((c->first_row + row + 1) << c->level);
    if (high > GEO_LAT_MAX * RADIANS) high = GEO_LAT_MAX * RADIANS;
    if (!shape->box && shape->radius_m / EARTH_RADIUS >= M_PI / 2) { /* more than a hemisphere */
        c->touched[row] = columns_of(shape, INFINITY, 1);
        c->inside[row] = columns_of(shape, shape->radius_m / EARTH_RADIUS > M_PI ? INFINITY : -1, -1);
        return;
    }
    c->touched[row] = columns_of(shape, reach(shape, widest_between(shape, low, high)), 1);
    c->inside[row] = (struct interval){1, 0};
    if (!height_inside(shape, low, high)) return;
    double narrowest = fmin(reach(shape, low), reach(shape, high));
    if (shape->box && low < 0 && high > 0) narrowest = reach(shape, 0);
    c->inside[row] = columns_of(shape, narrowest, -1);
}

/* Chooses the finest grid of at most CELLS_MAX cells, and the block. */
static void choose_grid(struct cover *c) {
    struct interval y = rows_of(c->shape, MARGIN);
    double widest = reach(c->shape, widest_between(c->shape, lat_of_units(y.from), lat_of_units(y.to)));
    if (!c->shape->box && c->shape->radius_m / EARTH_RADIUS >= M_PI / 2) widest = INFINITY;
    struct interval x = columns_of(c->shape, widest, 1);
    int64_t width = x.to - x.from > UNITS ? UNITS : x.to - x.from;
    for (c->level = 1;; c->level++) { /* not 0: beyond 2^53 a double holds every other code */
        int64_t rows = (y.to >> c->level) - (y.from >> c->level) + 1;
        int64_t columns = (width >> c->level) + 2;
        c->first_row = y.from >> c->level;
        c->rows = rows;
        if (rows <= CELLS_MAX && rows * columns <= CELLS_MAX) break;
    }
    unsigned block_level = c->level;
    while (block_level < 26 && (int64_t)2 << block_level < (width > y.to - y.from ? width : y.to - y.from))
        block_level++;
    uint64_t centre = geo_encode(c->shape->centre);
    c->block_min = centre >> 2 * block_level << 2 * block_level;
    c->block_max = c->block_min + ((uint64_t)1 << 2 * block_level);
    c->all = (struct interval){INT64_MAX, INT64_MIN};
    for (int64_t row = 0; row < c->rows; row++) {
        measure_row(c, row);
        if (c->touched[row].from < c->all.from) c->all.from = c->touched[row].from;
        if (c->touched[row].to > c->all.to) c->all.to = c->touched[row].to;
    }
}

/* --- cells to ranges --- */

static void add_cell(struct cover *c, uint64_t code, bool inside) {
    uint64_t size = (uint64_t)1 << 2 * c->level;
    struct geo_range *last = c->count ? &c->ranges[c->count - 1] : NULL;
    if (last && last->max == code && last->inside == inside && code != c->block_min && code != c->block_max) {
        last->max += size;
        return;
    }
    must(c->count < GEO_RANGES_MAX);
    c->ranges[c->count++] = (struct geo_range){code, code + size, inside};
}

static bool meets(struct interval a, struct interval b) {
    return a.from <= b.to && b.from <= a.to;
}

static bool holds(struct interval outer, struct interval inner) {
    return outer.from <= inner.from && inner.to <= outer.to;
}

static struct interval turned(struct interval units, int turns) {
    return (struct interval){units.from + turns * UNITS, units.to + turns * UNITS};
}

static void visit_cell(struct cover *c, struct interval units, int64_t row, uint64_t code) {
    bool touched = false, inside = false;
    for (int turns = -1; turns <= 1; turns++) {
        struct interval there = turned(units, turns);
        touched = touched || meets(there, c->touched[row]);
        inside = inside || holds(c->inside[row], there);
    }
    if (touched) add_cell(c, code, inside);
}

/* Visits the block of 2^level units a side, of which x and y count, quarter by quarter in the order of codes.
 */
static void visit_block(struct cover *c, int64_t x, int64_t y, unsigned level, uint64_t code) {
    struct interval columns = {x << level, ((x + 1) << level) - 1};
    struct interval rows = {y << (level - c->level), ((y + 1) << (level - c->level)) - 1};
    if (columns.from > UNITS || !meets(rows, (struct interval){c->first_row, c->first_row + c->rows - 1}))
        return;
    if (level == c->level) {
        visit_cell(c, columns, y - c->first_row, code);
        return;
    }
    if (!meets(columns, c->all) && !meets(turned(columns, 1), c->all) && !meets(turned(columns, -1), c->all))
        return;
    uint64_t quarter = (uint64_t)1 << 2 * (level - 1);
    visit_block(c, 2 * x, 2 * y, level - 1, code);
    visit_block(c, 2 * x, 2 * y + 1, level - 1, code + quarter);
    visit_block(c, 2 * x + 1, 2 * y, level - 1, code + 2 * quarter);
    visit_block(c, 2 * x + 1, 2 * y + 1, level - 1, code + 3 * quarter);
}

/* --- order --- */

static void reverse(struct geo_range *ranges, size_t from, size_t to) {
    while (from + 1 < to) {
        struct geo_range moved = ranges[from];
        ranges[from++] = ranges[--to];
        ranges[to] = moved;
    }
}

/* Brings the ranges of the block to the front: they are neighbours, since no range crosses its bounds. */
static void block_first(struct cover *c) {
    size_t from = 0, to;
    while (from < c->count && c->ranges[from].min < c->block_min)
        from++;
    for (to = from; to < c->count && c->ranges[to].min < c->block_max; to++)
        ;
    if (from == 0 || from == to) return;
    reverse(c->ranges, 0, from);
    reverse(c->ranges, from, to);
    reverse(c->ranges, 0, to);
}

size_t geo_cover(const struct geo_shape *shape, struct geo_range ranges[GEO_RANGES_MAX]) {
    struct cover c;
    c.shape = shape;
    c.ranges = ranges;
    c.count = 0;
    choose_grid(&c);
    visit_block(&c, 0, 0, GLOBE_LEVEL, 0);
    block_first(&c);
    return c.count;
}
