/* Coding, decoding, distances.
 *
 *      bit    51 50 … 3 2 1 0        x: longitude from -180 to 180 in 2^26 units
 *             x  y    x y x y        y: latitude from -85.05112878 to 85.05112878 in 2^26 units
 *
 * A position on the upper edge (180, or 85.05112878) has 2^26 of units and a code beyond 52 bits; it is a
 * code like others. What is on the way from a score to a distance is computed in the same steps as in Redis,
 * so that the last digits of stored distances agree. */
#include "server/ds/geo.h"
#include <math.h>

#define STEPS        26
#define UNITS        ((double)(1 << STEPS))
#define EARTH_RADIUS 6372797.560856 /* metres */
#define RADIANS      (M_PI / 180.0)

/* --- codes --- */

/* Spreads 32 bits to the even places of 64. */
static uint64_t spread(uint64_t v) {
    v = (v | v << 16) & 0x0000ffff0000ffff;
    v = (v | v << 8) & 0x00ff00ff00ff00ff;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0f;
    v = (v | v << 2) & 0x3333333333333333;
    return (v | v << 1) & 0x5555555555555555;
}

static uint32_t gather(uint64_t v) {
    v &= 0x5555555555555555;
    v = (v | v >> 1) & 0x3333333333333333;
    v = (v | v >> 2) & 0x0f0f0f0f0f0f0f0f;
    v = (v | v >> 4) & 0x00ff00ff00ff00ff;
    v = (v | v >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(v | v >> 16);
}

bool geo_point_valid(struct geo_point p) {
    return fabs(p.lon) <= GEO_LON_MAX && fabs(p.lat) <= GEO_LAT_MAX;
}

static uint64_t units_of(double degrees, double max) {
    return (uint64_t)((degrees + max) / (2 * max) * UNITS);
}

static uint64_t encode(struct geo_point p, double lat_max) {
    return spread(units_of(p.lat, lat_max)) | spread(units_of(p.lon, GEO_LON_MAX)) << 1;
}

uint64_t geo_encode(struct geo_point p) {
    return encode(p, GEO_LAT_MAX);
}

/* What a processor makes of any double that is asked for as an unsigned integer. Scores of geo sets are such
 * integers; others come from ZADD. */
static uint64_t code_of_score(double score) {
    if (score >= 0 && score < 0x1p64) return (uint64_t)score;
    return score < 0 && score >= -0x1p63 ? (uint64_t)(int64_t)score : score < 0 ? (uint64_t)1 << 63 : 0;
}

static double middle(uint32_t units, double max) {
    double low = -max + units / UNITS * (2 * max), high = -max + (units + 1.0) / UNITS * (2 * max);
    double degrees = (low + high) / 2;
    return degrees > max ? max : degrees < -max ? -max : degrees;
}

struct geo_point geo_decode(double score) {
    uint64_t code = code_of_score(score);
    return (struct geo_point){middle(gather(code >> 1), GEO_LON_MAX), middle(gather(code), GEO_LAT_MAX)};
}

/* The text divides the whole globe, poles included; 52 bits are ten characters and two bits. */
void geo_text(struct geo_point p, char out[GEO_TEXT_CHARS]) {
    static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t code = encode(p, 90.0);
    for (int i = 0; i < GEO_TEXT_CHARS - 1; i++)
        out[i] = digits[code >> (2 * STEPS - 5 * (i + 1)) & 31];
    out[GEO_TEXT_CHARS - 1] = '0';
}

/* --- distances --- */

/* The square of the sine of half the angle between two positions, given in radians. */
static inline double haversine(double lon1, double lat1, double cos_lat1, double lon2, double lat2) {
    double u = sin((lat2 - lat1) / 2), v = sin((lon2 - lon1) / 2);
    return u * u + cos_lat1 * cos(lat2) * v * v;
}

static inline double metres(double haversine_value) {
    return 2.0 * EARTH_RADIUS * asin(sqrt(haversine_value));
}

/* On one meridian the angle is known without that. */
static double distance_rad(double lon1, double lat1, double cos_lat1, double lon2, double lat2) {
    if (lon1 == lon2) return EARTH_RADIUS * fabs(lat2 - lat1);
    return metres(haversine(lon1, lat1, cos_lat1, lon2, lat2));
}

double geo_distance(struct geo_point a, struct geo_point b) {
    double lat = a.lat * RADIANS;
    return distance_rad(a.lon * RADIANS, lat, cos(lat), b.lon * RADIANS, b.lat * RADIANS);
}

/* --- shapes --- */

static struct geo_shape shape_at(struct geo_point centre) {
    double lat = centre.lat * RADIANS;
    return (struct geo_shape){.centre = centre, .lon = centre.lon * RADIANS, .lat = lat, .cos_lat = cos(lat)};
}

struct geo_shape geo_circle(struct geo_point centre, double radius_m) {
    struct geo_shape shape = shape_at(centre);
    shape.radius_m = radius_m;
    double half = radius_m / (2 * EARTH_RADIUS);
    double edge = half < M_PI / 2 ? sin(half) * sin(half) : 2;
    shape.surely_in = edge * (1 - 1e-9) - 1e-20; /* between them only the distance tells */
    shape.surely_out = edge * (1 + 1e-9) + 1e-20;
    return shape;
}

struct geo_shape geo_box(struct geo_point centre, double width_m, double height_m) {
    struct geo_shape shape = shape_at(centre);
    shape.box = true;
    shape.width_m = width_m;
    shape.height_m = height_m;
    return shape;
}

static bool circle_has(const struct geo_shape *shape, double lon, double lat, double *distance) {
    double h = haversine(shape->lon, shape->lat, shape->cos_lat, lon, lat);
    if (h > shape->surely_out) return false;
    if (!distance && h < shape->surely_in) return true;
    double m = lon == shape->lon ? EARTH_RADIUS * fabs(lat - shape->lat) : metres(h);
    if (distance) *distance = m;
    return m <= shape->radius_m;
}

/* A box is as wide at each latitude as it was asked for. */
static bool box_has(const struct geo_shape *shape, double lon, double lat, double *distance) {
    if (EARTH_RADIUS * fabs(lat - shape->lat) > shape->height_m / 2) return false;
    if (distance_rad(shape->lon, lat, cos(lat), lon, lat) > shape->width_m / 2) return false;
    if (distance) *distance = distance_rad(shape->lon, shape->lat, shape->cos_lat, lon, lat);
    return true;
}

bool geo_shape_has(const struct geo_shape *shape, struct geo_point p, double *distance) {
    double lon = p.lon * RADIANS, lat = p.lat * RADIANS;
    return shape->box ? box_has(shape, lon, lat, distance) : circle_has(shape, lon, lat, distance);
}
