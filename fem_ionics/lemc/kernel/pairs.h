/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Potential of one point against all particles, without the factor lB q: 1/r of the nearest image, and in periodic
 * cells a polynomial that makes up for all others.
 *
 * Whole vectors of 64 bytes at once: the arrays have room for them, and what lies behind the last particle has no
 * charge and overlaps nothing.
 */
#ifdef __AVX__
#include <immintrin.h>
#endif

#define LANES ((int)(64 / sizeof(REAL)))
#define STRIP 64 /* particles that a polynomial is evaluated for at once; arrays end at a multiple of it */
#define VECTOR 16
#define WHOLE(n) (((n) + VECTOR - 1) / VECTOR * VECTOR)
#define STRIPS(n) (((n) + STRIP - 1) / STRIP * STRIP)
#define BLOCK 128 /* particles between two looks for an overlap */
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

INLINE int any_negative(vector x) {
#if defined __AVX512F__ && defined DOUBLE
    return _mm512_cmplt_pd_mask((__m512d)x, _mm512_setzero_pd()) != 0;
#elif defined __AVX512F__
    return _mm512_cmplt_ps_mask((__m512)x, _mm512_setzero_ps()) != 0;
#else
    int found = 0;
    for (int l = 0; l < LANES; l++) found |= x[l] < 0;
    return found;
#endif
}

INLINE double added(vector x) {
    double sum = 0.0;
    for (int l = 0; l < LANES; l++) sum += (double)x[l];
    return sum;
}

/* From the squares of x, y and z to the arguments of the polynomial. */
#define INVARIANT(form, s, t, u)                                                      \
    if (form != OBLONG) {                                                             \
        const __typeof__(s) a = s, b = t, c = u;                                      \
        s = form == CUBIC ? a + b + c : a + b;                                        \
        t = form == CUBIC ? a * b + b * c + c * a : a * b;                            \
        u = form == CUBIC ? a * b * c : c;                                            \
    }

/* The polynomial at `width` vectors by Horner's rule, all of it in registers. */
INLINE void polynomial(const correction *c, const int width, const vector *s, const vector *t, const vector *u,
                       vector *value) {
    const REAL *term = c->term;
    const int32_t *length = c->length;
    for (int v = 0; v < width; v++) value[v] = (vector){0};
    for (int k = 0; k < c->nz; k++) {
        vector middle[STRIP / VECTOR * 2];
        for (int v = 0; v < width; v++) middle[v] = (vector){0};
        for (int b = 0; b < c->ny; b++) {
            vector inner[STRIP / VECTOR * 2];
            for (int v = 0; v < width; v++) inner[v] = (vector){0};
            for (int a = *length++; a > 0; a--) {
                const REAL each = *term++;
                for (int v = 0; v < width; v++) inner[v] = inner[v] * s[v] + each;
            }
            for (int v = 0; v < width; v++) middle[v] = middle[v] * t[v] + inner[v];
        }
        for (int v = 0; v < width; v++) value[v] = value[v] * u[v] + middle[v];
    }
}
