/* Codes and distances at known places, and the covering against all points of the globe: random shapes, small
 * and large, at the poles and across the date line, over random positions. */
#include "server/ds/geo.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEGREE_M 111226.30 /* of latitude */

static void test_known_codes(void **state) {
    static const struct {
        struct geo_point p;
        uint64_t code;
        const char *text;
    } known[] = {
        {{13.361389, 38.115556}, 3479099956230698, "sqc8b49rny0"},
        {{15.087269, 37.502669}, 3479447370796909, "sqdtr74hyu0"},
        {{-5.6, 42.6}, 0, "ezs42e44yx0"},
        {{-180, -85.05112878}, 0, "00bh0hbj200"},
        {{180, 85.05112878}, 13510798882111488, "bp05b5048p0"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        uint64_t code = geo_encode(known[i].p);
        if (known[i].text[0] != 'e') assert_true(code == known[i].code);
        char text[GEO_TEXT_CHARS];
        geo_text(geo_decode((double)code), text);
        assert_memory_equal(text, known[i].text, GEO_TEXT_CHARS);
    }
    assert_true(geo_decode(3479099956230698).lon == 13.36138933897018433);
    assert_true(geo_decode(3479099956230698).lat == 38.11555639549629859);
}

static void test_validity(void **state) {
    assert_true(geo_point_valid((struct geo_point){180, -85.05112878}));
    assert_false(geo_point_valid((struct geo_point){180.0000001, 0}));
    assert_false(geo_point_valid((struct geo_point){0, 85.05112879}));
    assert_false(geo_point_valid((struct geo_point){NAN, 0}));
    assert_false(geo_point_valid((struct geo_point){0, INFINITY}));
}

/* Scores that are no codes decode to something on the globe. */
static void test_odd_scores(void **state) {
    static const double odd[] = {-5,   1e300,  -1e300, INFINITY, -INFINITY, 0.5,
                                 -0.5, 0x1p52, 0x1p63, 0x1p64,   1e19};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
        assert_true(geo_point_valid(geo_decode(odd[i])));
    assert_true(geo_decode(INFINITY).lon == geo_decode(0).lon);
    assert_true(geo_decode(-5).lon == 180);
}

static void test_round_trip(void **state) {
    struct rng rng = test_rng();
    for (int i = test_rounds(20000); i > 0; i--) {
        struct geo_point p = {rng_unit(&rng) * 360 - 180, (rng_unit(&rng) * 2 - 1) * GEO_LAT_MAX};
        uint64_t code = geo_encode(p);
        struct geo_point back = geo_decode((double)code);
        assert_true(code < (uint64_t)1 << 52);
        assert_true(fabs(back.lon - p.lon) <= 180.0 / (1 << 26) &&
                    fabs(back.lat - p.lat) <= 90.0 / (1 << 26));
        assert_true(geo_encode(back) == code);
    }
}

static void test_distance(void **state) {
    struct geo_point palermo = geo_decode(3479099956230698), catania = geo_decode(3479447370796909);
    assert_true(fabs(geo_distance(palermo, catania) - 166274.1516) < 0.0001);
    assert_true(geo_distance(palermo, palermo) == 0);
    assert_true(fabs(geo_distance((struct geo_point){7, 10}, (struct geo_point){7, 11}) - DEGREE_M) < 1);
    assert_true(fabs(geo_distance((struct geo_point){-179.5, 0}, (struct geo_point){179.5, 0}) - DEGREE_M) <
                1);
}

/* --- covering --- */

static struct geo_point near(struct rng *rng, struct geo_point p, double degrees) {
    double lon = p.lon + (rng_unit(rng) * 2 - 1) * degrees / cos(p.lat * M_PI / 180);
    double lat = p.lat + (rng_unit(rng) * 2 - 1) * degrees;
    lon = remainder(lon, 360);
    return (struct geo_point){lon, fmin(fmax(lat, -GEO_LAT_MAX), GEO_LAT_MAX)};
}

static struct geo_point draw_centre(struct rng *rng) {
    switch (rng_below(rng, 6)) {
    case 0: return (struct geo_point){rng_unit(rng) * 360 - 180, rng_below(rng, 2) ? GEO_LAT_MAX : -85};
    case 1: return (struct geo_point){rng_below(rng, 2) ? 180 : -179.999, rng_unit(rng) * 170 - 85};
    case 2: return (struct geo_point){rng_unit(rng) - 0.5, rng_unit(rng) - 0.5};
    default: return (struct geo_point){rng_unit(rng) * 360 - 180, (rng_unit(rng) * 2 - 1) * GEO_LAT_MAX};
    }
}

static double draw_length(struct rng *rng) {
    switch (rng_below(rng, 30)) {
    case 0: return 0;
    case 1: return INFINITY;
    case 2: return 1e300;
    default: return pow(10, rng_unit(rng) * 8 - 0.5);
    }
}

/* Ranges are disjoint, and ascend but for one place. */
static void check_ranges(const struct geo_range *ranges, size_t count) {
    int falls = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(ranges[i].min < ranges[i].max);
        if (i > 0 && ranges[i].min < ranges[i - 1].max) falls++;
        for (size_t j = 0; j < i; j++)
            assert_true(ranges[i].min >= ranges[j].max || ranges[i].max <= ranges[j].min);
    }
    assert_true(falls <= 1);
}

static void check_point(const struct geo_shape *shape, const struct geo_range *ranges, size_t count,
                        uint64_t code) {
    struct geo_point p = geo_decode((double)code);
    double distance = -1;
    bool within = geo_shape_has(shape, p, NULL), found = false, inside = false;
    assert_true(geo_shape_has(shape, p, &distance) == within);
    if (within) assert_true(distance == geo_distance(shape->centre, p));
    if (within && !shape->box) assert_true(distance <= shape->radius_m);
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].min && code < ranges[i].max) {
            found = true;
            inside = ranges[i].inside;
        }
    if (within ? found : !inside) return;
    fail_msg("%s of %g %g at %.17g %.17g: %.17g %.17g is %s, and %s", shape->box ? "box" : "circle",
             shape->box ? shape->width_m : shape->radius_m, shape->height_m, shape->centre.lon,
             shape->centre.lat, p.lon, p.lat, within ? "within" : "outside",
             found ? "covered" : "not covered");
}

static void test_cover(void **state) {
    struct rng rng = test_rng();
    for (int i = test_rounds(1500); i > 0; i--) {
        struct geo_point centre = draw_centre(&rng);
        double length = draw_length(&rng);
        struct geo_shape shape =
            rng_below(&rng, 2) ? geo_circle(centre, length) : geo_box(centre, length, draw_length(&rng));
        struct geo_range ranges[GEO_RANGES_MAX];
        size_t count = geo_cover(&shape, ranges);
        check_ranges(ranges, count);
        check_point(&shape, ranges, count, geo_encode(centre));
        for (int j = 0; j < 60; j++) {
            double degrees = fmin(length / DEGREE_M * (j % 3 + 0.5), 180);
            struct geo_point p = j % 4 ? near(&rng, centre, degrees) : draw_centre(&rng);
            check_point(&shape, ranges, count, geo_encode(p));
        }
        for (size_t j = 0; j < count;
             j++) { /* both ends of what is covered; beyond 2^53 only even codes are */
            check_point(&shape, ranges, count, ranges[j].min);
            check_point(&shape, ranges, count, ranges[j].max - 2);
        }
    }
}

/* What a range takes in beyond the shape is little, wherever the shape is. */
static void test_cover_is_tight(void **state) {
    struct rng rng = test_rng();
    double inside = 0, covered = 0;
    for (int i = 0; i < 300; i++) {
        struct geo_point centre = {rng_unit(&rng) * 360 - 180, rng_unit(&rng) * 120 - 60};
        double radius = pow(10, 1 + rng_unit(&rng) * 4);
        struct geo_shape shape = geo_circle(centre, radius);
        struct geo_range ranges[GEO_RANGES_MAX];
        size_t count = geo_cover(&shape, ranges);
        double cell = 360.0 / (1 << 26) * 2 * GEO_LAT_MAX / (1 << 26) * DEGREE_M * DEGREE_M *
                      cos(centre.lat * M_PI / 180);
        covered = inside = 0;
        for (size_t j = 0; j < count; j++) {
            covered += (double)(ranges[j].max - ranges[j].min) * cell;
            if (ranges[j].inside) inside += (double)(ranges[j].max - ranges[j].min) * cell;
        }
        double area = M_PI * radius * radius;
        assert_true(covered > 0.97 * area && covered < 3.2 * area);
        assert_true(inside < 1.03 * area);
    }
}

/* The block around the centre is first. */
static void test_order(void **state) {
    struct geo_shape shape = geo_circle((struct geo_point){45, 65}, 5009431);
    struct geo_range ranges[GEO_RANGES_MAX];
    size_t count = geo_cover(&shape, ranges);
    uint64_t code = geo_encode((struct geo_point){45, 65}),
             other = geo_encode((struct geo_point){-135, 85.05});
    assert_true(other < code);
    for (size_t i = 0; i < count; i++) {
        if (other >= ranges[i].min && other < ranges[i].max) fail_msg("the far one comes first");
        if (code >= ranges[i].min && code < ranges[i].max) return;
    }
    fail_msg("the centre is not covered");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_codes),    cmocka_unit_test(test_validity),
        cmocka_unit_test(test_odd_scores),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_distance),       cmocka_unit_test(test_cover),
        cmocka_unit_test(test_cover_is_tight), cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
