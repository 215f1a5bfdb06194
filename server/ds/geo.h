/* Positions on the globe as numbers whose order keeps neighbours together, and the ranges of such numbers
 * that cover a shape.
 *
 * A code interleaves 26 bits of latitude (even bits) and longitude (odd bits), so a cell of 2^k by 2^k units
 * is one run of 4^k codes. Codes are the scores of geo sets, the same as Redis's to the bit. */
#ifndef TORC_DS_GEO_H
#define TORC_DS_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEO_LON_MAX 180.0
#define GEO_LAT_MAX 85.05112878

struct geo_point {
    double lon, lat; /* degrees */
};

/* Whether a position can be coded; NaN cannot. */
bool geo_point_valid(struct geo_point p);
/* The code of a valid position. */
uint64_t geo_encode(struct geo_point p);
/* The middle of a code's cell. Any score is taken, as Redis takes it. */
struct geo_point geo_decode(double score);
/* Metres between two positions. */
double geo_distance(struct geo_point a, struct geo_point b);
/* The usual geohash text of a position: GEO_TEXT_CHARS characters, the last of which carries nothing. */
#define GEO_TEXT_CHARS 11
void geo_text(struct geo_point p, char out[GEO_TEXT_CHARS]);

/* --- shapes --- */

struct geo_shape {
    struct geo_point centre;
    bool box;
    double radius_m;              /* of a circle */
    double width_m, height_m;     /* of a box */
    double lon, lat, cos_lat;     /* of the centre, in radians */
    double surely_in, surely_out; /* of a circle: bounds for what geo_haversine returns */
};

struct geo_shape geo_circle(struct geo_point centre, double radius_m);
struct geo_shape geo_box(struct geo_point centre, double width_m, double height_m);
/* Whether a position is within; with `distance` not NULL also how many metres from the centre. */
bool geo_shape_has(const struct geo_shape *shape, struct geo_point p, double *distance);

/* A run of codes. */
struct geo_range {
    uint64_t min, max; /* max is outside */
    bool inside;       /* all positions of these codes are within the shape */
};
#define GEO_RANGES_MAX 192

/* Covers a shape: every position within has its code in one of the ranges, which are disjoint. They ascend,
 * but for those of the block around the centre, which come first: who wants any few gets near ones. Returns
 * how many there are. */
size_t geo_cover(const struct geo_shape *shape, struct geo_range ranges[GEO_RANGES_MAX]);

#endif
