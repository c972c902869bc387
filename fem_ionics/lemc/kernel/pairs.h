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

typedef REAL vector __attribute__((vector_size(64)));

enum { OBLONG, ROUND, SQUARE, CUBIC };

/* 1/sqrt(x): the machine's estimate and Newton's steps, which compilers do not make of 1/sqrt in wide vectors. */
INLINE vector inverse_root(vector x) {
#if defined __AVX512F__ && defined DOUBLE
    vector y = (vector)_mm512_rsqrt14_pd((__m512d)x);
    y *= (REAL)1.5 - (REAL)0.5 * x * y * y;
    return y * ((REAL)1.5 - (REAL)0.5 * x * y * y);
#elif defined __AVX512F__
    const vector y = (vector)_mm512_rsqrt14_ps((__m512)x);
    return y * ((REAL)1.5 - (REAL)0.5 * x * y * y);
#elif defined __AVX__ && !defined DOUBLE
    union { vector whole; __m256 half[2]; } a = {x}, y;
    for (int k = 0; k < 2; k++) y.half[k] = _mm256_rsqrt_ps(a.half[k]);
    return y.whole * ((REAL)1.5 - (REAL)0.5 * x * y.whole * y.whole);
#else
    vector y;
    for (int l = 0; l < LANES; l++) y[l] = 1 / SQRT(x[l]);
    return y;
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

INLINE int any_above_one(vector x) {
#if defined __AVX512F__ && defined DOUBLE
    return _mm512_cmp_pd_mask((__m512d)x, _mm512_set1_pd(1.0), _CMP_GT_OQ) != 0;
#elif defined __AVX512F__
    return _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(1.0f), _CMP_GT_OQ) != 0;
#else
    int found = 0;
    for (int l = 0; l < LANES; l++) found |= x[l] > 1;
    return found;
#endif
}

INLINE vector larger(vector x, vector y) {
#if defined __AVX512F__ && defined DOUBLE
    return (vector)_mm512_max_pd((__m512d)x, (__m512d)y);
#elif defined __AVX512F__
    return (vector)_mm512_max_ps((__m512)x, (__m512)y);
#else
    for (int l = 0; l < LANES; l++) x[l] = x[l] > y[l] ? x[l] : y[l];
    return x;
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
    for (int v = 0; v < WIDTH; v++) value[v] += outer[v];
}

typedef struct {
    int n;
    const REAL *x, *y, *z, *q, *rad;
} particles;

enum { COMING, LEAVING, REPLACED };

/* COMING fills row[0..n) and adds up q row; false as soon as some vectors hold a sphere that overlaps one of radius a.
 * LEAVING takes charge times that off row[0..n) and looks at no radii; REPLACED also adds other times another row. */
INLINE int pair_sum(const int px, const int py, const int pz, const int task, const periods *p, const correction *c,
                    const particles *all, REAL x0, REAL y0, REAL z0, REAL a, REAL charge, REAL *restrict row,
                    double *sum, REAL other, const REAL *restrict come) {
    const int periodic = px | py | pz, width = periodic ? WIDTH : 2, n = all->n;
    const REAL *restrict x = all->x, *restrict y = all->y, *restrict z = all->z;
    const REAL *restrict q = all->q, *restrict rad = all->rad;
    vector total = {0};
    for (int start = 0; start < n; start += width * LANES) {
        vector x2[WIDTH], y2[WIDTH], z2[WIDTH], value[WIDTH];
        vector closest = {0};
        for (int v = 0; v < width; v++) {
            const int at = start + v * LANES;
            vector dx = x0 - *(const vector *)(x + at), dy = y0 - *(const vector *)(y + at);
            vector dz = z0 - *(const vector *)(z + at);
            if (px) dx -= p->sides[0] * nearest(dx * p->inverse[0]);
            if (py) dy -= p->sides[1] * nearest(dy * p->inverse[1]);
            if (pz) dz -= p->sides[2] * nearest(dz * p->inverse[2]);
            x2[v] = dx * dx, y2[v] = dy * dy, z2[v] = dz * dz;
            /* An ion at its own old place has no charge: any finite potential will do. */
            const vector square = dx * dx + (dy * dy + (dz * dz + (REAL)1e-12));
            value[v] = inverse_root(square);
            /* Spheres overlap above 1; bare points have a negative radius. */
            if (task == COMING) closest = larger(closest, value[v] * (a + *(const vector *)(rad + at)));
        }
        if (task == COMING && any_above_one(closest)) return 0;
        if (periodic) {
            const REAL over[3] = {1 / (REAL)(c->scale[0] * c->scale[0]), 1 / (REAL)(c->scale[1] * c->scale[1]),
                                  1 / (REAL)(c->scale[2] * c->scale[2])};
            for (int v = 0; v < width; v++) x2[v] *= over[0], y2[v] *= over[1], z2[v] *= over[2];
            correct(c, x2, y2, z2, value);
        }
        for (int v = 0; v < width; v++) {
            const int at = start + v * LANES;
            if (task == LEAVING) {
                *(vector *)(row + at) -= charge * value[v];
            } else if (task == REPLACED) {
                *(vector *)(row + at) += other * *(const vector *)(come + at) - charge * value[v];
            } else {
                *(vector *)(row + at) = value[v];
                total += *(const vector *)(q + at) * value[v];
            }
        }
    }
    if (task == COMING) *sum = added(total);
    return 1;
}
