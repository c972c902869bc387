/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Potential of one point against all particles, without the factor lB q: 1/r of the nearest image, and in periodic
 * cells a polynomial that makes up for all others.
 *
 * Some vectors of 64 bytes at once: the arrays have room for them, and what lies behind the last particle has no
 * charge and overlaps nothing.
 */
#ifdef __AVX__
#include <immintrin.h>
#endif

#define LANES ((int)(64 / sizeof(REAL)))
#define WIDTH 4 /* vectors that a polynomial is evaluated at together */
#define ROOM 64 /* arrays end at a multiple of this */
#define WHOLE(n) (((n) + ROOM - 1) / ROOM * ROOM)
#define INLINE static inline __attribute__((always_inline))
#define RARE __attribute__((noinline))

#define OVERLAP 1e30 /* more than any potential */

typedef REAL vector __attribute__((vector_size(64)));

enum { OBLONG, ROUND, SQUARE, CUBIC };

/* 2/sqrt(x): the machine's estimate and Newton's steps, which compilers do not make of 1/sqrt in wide vectors. The last
 * step would halve: left out, as every potential is multiplied by a charge afterwards. */
INLINE vector twice_inverse_root(vector x) {
#if defined __AVX512F__ && defined DOUBLE
    vector y = (vector)_mm512_rsqrt14_pd((__m512d)x);
    y *= (REAL)1.5 - (REAL)0.5 * x * y * y;
    return y * (3 - x * y * y);
#elif defined __AVX512F__
    const vector y = (vector)_mm512_rsqrt14_ps((__m512)x);
    return y * (3 - x * y * y);
#elif defined __AVX__ && !defined DOUBLE
    union { vector whole; __m256 half[2]; } a = {x}, y;
    for (int k = 0; k < 2; k++) y.half[k] = _mm256_rsqrt_ps(a.half[k]);
    return y.whole * (3 - x * y.whole * y.whole);
#else
    vector y;
    for (int l = 0; l < LANES; l++) y[l] = 2 / SQRT(x[l]);
    return y;
#endif
}

/* x y + z. Left alone, compilers add up products in pairs, which takes an instruction more. */
INLINE vector fused(vector x, vector y, vector z) {
#if defined __AVX512F__ && defined DOUBLE
    return (vector)_mm512_fmadd_pd((__m512d)x, (__m512d)y, (__m512d)z);
#elif defined __AVX512F__
    return (vector)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
#else
    return x * y + z;
#endif
}

INLINE vector nearest(vector x) {
#if defined __AVX512F__ && defined DOUBLE
    return (vector)_mm512_roundscale_pd((__m512d)x, 0);
#elif defined __AVX512F__
    return (vector)_mm512_roundscale_ps((__m512)x, 0);
#else
    for (int l = 0; l < LANES; l++) x[l] = RINT(x[l]);
    return x;
#endif
}

/* A bit for each lane, or one for all of them, where x < y. */
/* Whether x >= y in all lanes, and `all` before. AVX-512 keeps a bit for each lane, and looks at them once. */
#ifdef __AVX512F__
typedef unsigned lanes;
#define EVERY ((1u << LANES) - 1)
#else
typedef int lanes;
#define EVERY 1
#endif

INLINE lanes apart(lanes all, vector x, vector y) {
#if defined __AVX512F__ && defined DOUBLE
    return _mm512_mask_cmp_pd_mask((__mmask8)all, (__m512d)x, (__m512d)y, _CMP_GE_OQ);
#elif defined __AVX512F__
    return _mm512_mask_cmp_ps_mask((__mmask16)all, (__m512)x, (__m512)y, _CMP_GE_OQ);
#else
    for (int l = 0; l < LANES; l++) all &= x[l] >= y[l];
    return all;
#endif
}

INLINE double added(vector x) {
    double sum = 0.0;
    for (int l = 0; l < LANES; l++) sum += (double)x[l];
    return sum;
}

/* The polynomial at a strip of squares of x, y and z, by Horner's rule, all of it in registers. */
INLINE void correct(const correction *c, const vector *x2, const vector *y2, const vector *z2, vector *value) {
    const REAL *term = c->term;
    const int32_t *length = c->length;
    vector s[WIDTH], t[WIDTH], u[WIDTH], outer[WIDTH] = {0};
    for (int v = 0; v < WIDTH; v++) {
        const vector a = x2[v], b = y2[v], d = z2[v];
        s[v] = c->form == OBLONG ? a : c->form == CUBIC ? a + b + d : a + b;
        t[v] = c->form == OBLONG ? b : c->form == CUBIC ? a * b + b * d + d * a : a * b;
        u[v] = c->form == CUBIC ? a * b * d : d;
    }
    for (int k = 0; k < c->nz; k++) {
        vector middle[WIDTH] = {0};
        for (int b = 0; b < c->ny; b++) {
            vector inner[WIDTH] = {0};
            for (int a = *length++; a > 0; a--) {
                const REAL each = *term++;
                for (int v = 0; v < WIDTH; v++) inner[v] = inner[v] * s[v] + each;
            }
            for (int v = 0; v < WIDTH; v++) middle[v] = middle[v] * t[v] + inner[v];
        }
        for (int v = 0; v < WIDTH; v++) outer[v] = outer[v] * u[v] + middle[v];
    }
    for (int v = 0; v < WIDTH; v++) value[v] += 2 * outer[v];
}

typedef struct {
    int n;
    const REAL *x, *y, *z, *q;
} particles;

enum { COMING, BARE, LEAVING, REPLACED };

/* COMING fills row[0..n) with twice the potentials and gives q row / 2; or OVERLAP as soon as some vectors hold a
 * particle at a distance whose square is less than in `other`. BARE looks at no distances. LEAVING takes charge / 2
 * times such a row off row[0..n); REPLACED also adds charge / 2 times the row `other`. */
INLINE double pair_sum(const int px, const int py, const int pz, const int task, const periods *p, const correction *c,
                       const particles *all, REAL x0, REAL y0, REAL z0, REAL charge, const REAL *restrict other,
                       REAL *restrict row) {
    const int periodic = px | py | pz, width = periodic ? WIDTH : 2, n = all->n;
    const REAL *restrict x = all->x, *restrict y = all->y, *restrict z = all->z, *restrict q = all->q;
    const vector least = (vector){0} + (REAL)1e-12, half = (vector){0} + charge / 2;
    vector total[WIDTH] = {0};
    for (int start = 0; start < n; start += width * LANES) {
        vector x2[WIDTH], y2[WIDTH], z2[WIDTH], value[WIDTH];
        lanes room = EVERY;
        for (int v = 0; v < width; v++) {
            const int at = start + v * LANES;
            vector dx = x0 - *(const vector *)(x + at), dy = y0 - *(const vector *)(y + at);
            vector dz = z0 - *(const vector *)(z + at);
            if (px) dx -= p->sides[0] * nearest(dx * p->inverse[0]);
            if (py) dy -= p->sides[1] * nearest(dy * p->inverse[1]);
            if (pz) dz -= p->sides[2] * nearest(dz * p->inverse[2]);
            if (periodic) x2[v] = dx * dx, y2[v] = dy * dy, z2[v] = dz * dz;
            /* An ion at its own old place has no charge: any finite potential will do. */
            const vector square = fused(dx, dx, fused(dy, dy, fused(dz, dz, least)));
            value[v] = twice_inverse_root(square);
            if (task == COMING) room = apart(room, square, *(const vector *)(other + at));
        }
        if (task == COMING && room != EVERY) return OVERLAP;
        if (periodic) {
            const REAL over[3] = {1 / (REAL)(c->scale[0] * c->scale[0]), 1 / (REAL)(c->scale[1] * c->scale[1]),
                                  1 / (REAL)(c->scale[2] * c->scale[2])};
            for (int v = 0; v < width; v++) x2[v] *= over[0], y2[v] *= over[1], z2[v] *= over[2];
            correct(c, x2, y2, z2, value);
        }
        for (int v = 0; v < width; v++) {
            const int at = start + v * LANES;
            vector *const to = (vector *)(row + at);
            if (task == LEAVING) {
                *to -= half * value[v];
            } else if (task == REPLACED) {
                *to += half * (*(const vector *)(other + at) - value[v]);
            } else {
                *to = value[v];
                total[v] = fused(*(const vector *)(q + at), value[v], total[v]);
            }
        }
    }
    for (int v = 1; v < width; v++) total[0] += total[v];
    return 0.5 * added(total[0]);
}
