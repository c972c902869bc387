/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Random numbers.
 */
#define BATCH 256
#define INCREMENT 0x9E3779B97F4A7C15u
#define AT_ONCE 8 /* made together: the last few of a batch may be too many, for which `draw` has room */
#define FIRST 6   /* numbers that are at hand when a trial begins */

typedef uint64_t words __attribute__((vector_size(64)));
typedef int64_t integers __attribute__((vector_size(64)));
typedef double numbers __attribute__((vector_size(64)));

/* SplitMix64 of Steele, Lea and Flood (OOPSLA 2014, doi 10.1145/2660193.2660195): a mixed counter, so that numbers do
 * not wait for each other and a batch is made in vectors. `rng` runs ahead of what is drawn until `settle`. */
static void generate(uint64_t state, int n, double *draw) {
    words counter;
    for (int l = 0; l < AT_ONCE; l++) counter[l] = state + (uint64_t)(l + 1) * INCREMENT;
    for (int k = 0; k < n; k += AT_ONCE, counter += AT_ONCE * INCREMENT) {
        words z = counter;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z = (z ^ (z >> 31)) >> 11;
        const numbers each = __builtin_convertvector((integers)z, numbers) * 0x1.0p-53;
        memcpy(draw + k, &each, sizeof each);
    }
}

/* Numbers that are left come first. */
static RARE void draw_more(chain *c) {
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

/* Make sure of the first numbers of a trial, and take them without a further look. */
INLINE void prepare(chain *c) {
    if (c->drawn > BATCH - FIRST) draw_more(c);
}

INLINE const double *prepared(chain *c, int n) {
    c->drawn += n;
    return c->draw + c->drawn - n;
}

INLINE double uniform(chain *c) {
    if (c->drawn == BATCH) draw_more(c);
    return *prepared(c, 1);
}

static int below(chain *c, int n) { return (int)(uniform(c) * n); }
