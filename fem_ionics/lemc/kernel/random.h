/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Random numbers.
 */
#define BATCH 256

/* xoshiro256++ of Blackman and Vigna (ACM Trans. Math. Softw. 47, 36, 2021), in batches: `rng` runs ahead of what is
 * drawn until `settle`. */
INLINE uint64_t turned(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static void generate(uint64_t *rng, int n, double *draw) {
    uint64_t a = rng[0], b = rng[1], c = rng[2], d = rng[3];
    for (int k = 0; k < n; k++) {
        const uint64_t result = turned(a + d, 23) + a, t = b << 17;
        c ^= a, d ^= b, b ^= c, a ^= d, c ^= t, d = turned(d, 45);
        draw[k] = (double)(result >> 11) * 0x1.0p-53;
    }
    rng[0] = a, rng[1] = b, rng[2] = c, rng[3] = d;
}

static __attribute__((noinline)) void draw_more(chain *c) {
    memcpy(c->begin, c->rng, sizeof c->begin);
    generate(c->rng, BATCH, c->draw);
    c->drawn = 0;
}

/* The state after the last number that was drawn. */
static void settle(chain *c) {
    double again[BATCH];
    memcpy(c->rng, c->begin, sizeof c->rng);
    generate(c->rng, c->drawn, again);
}

INLINE double uniform(chain *c) {
    if (c->drawn == BATCH) draw_more(c);
    return c->draw[c->drawn++];
}

static int below(chain *c, int n) { return (int)(uniform(c) * n); }
