/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Random numbers.
 */
#define BATCH 256
#define INCREMENT 0x9E3779B97F4A7C15u

/* SplitMix64 of Steele, Lea and Flood (OOPSLA 2014, doi 10.1145/2660193.2660195): a mixed counter, so that numbers do
 * not wait for each other and a batch is made in vectors. `rng` runs ahead of what is drawn until `settle`. */
static void generate(uint64_t state, int n, double *draw) {
    for (int k = 0; k < n; k++) {
        uint64_t z = state + (uint64_t)(k + 1) * INCREMENT;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        draw[k] = (double)(int64_t)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }
}

/* Numbers that are left come first. */
static __attribute__((noinline)) void draw_more(chain *c) {
    const int left = BATCH - c->drawn;
    memmove(c->draw, c->draw + c->drawn, sizeof(double) * left);
    generate(c->rng[0], c->drawn, c->draw + left);
    c->rng[0] += (uint64_t)c->drawn * INCREMENT;
    c->drawn = 0;
}

/* Nothing is drawn in advance. */
static void begin(chain *c) { c->drawn = BATCH; }

/* The state after the last number that was drawn. */
static void settle(chain *c) { c->rng[0] -= (uint64_t)(BATCH - c->drawn) * INCREMENT; }

/* The next few numbers at once. */
INLINE const double *draws(chain *c, int n) {
    if (c->drawn + n > BATCH) draw_more(c);
    c->drawn += n;
    return c->draw + c->drawn - n;
}

INLINE double uniform(chain *c) { return *draws(c, 1); }

static int below(chain *c, int n) { return (int)(uniform(c) * n); }
