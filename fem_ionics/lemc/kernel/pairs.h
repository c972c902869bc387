/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Potential of one point against all particles, without the factor lB q: 1/r of the nearest image, and in periodic
 * cells a polynomial that makes up for all others.
 *
 * Loops run over whole vectors: the arrays have room for them, and what lies behind the last particle has no charge and
 * overlaps nothing.
 */
#define BLOCK 128
#define VECTOR 16
#define WHOLE(n) (((n) + VECTOR - 1) / VECTOR * VECTOR)
#define ALIGNED(a) __builtin_assume_aligned(a, 64)

enum { OBLONG, ROUND, SQUARE, CUBIC };

/* From the squares of x, y and z to the arguments of the polynomial. */
static void invariant(int form, int n, REAL *s, REAL *t, REAL *u) {
    for (int j = 0; form && j < n; j++) {
        const REAL a = s[j], b = t[j], c = u[j];
        s[j] = form == CUBIC ? a + b + c : a + b;
        t[j] = form == CUBIC ? a * b + b * c + c * a : a * b;
        u[j] = form == CUBIC ? a * b * c : c;
    }
}

/* Sum over s, t, u of one block; Horner with loops over the pairs inside, which vectorise at any degree. */
static void corrected(const correction *c, int n, const REAL *s, const REAL *t, const REAL *u, REAL *row) {
    REAL outer[BLOCK], middle[BLOCK], inner[BLOCK];
    for (int j = 0; j < n; j++) outer[j] = 0;
    for (int k = c->nz - 1; k >= 0; k--) {
        for (int j = 0; j < n; j++) middle[j] = 0;
        for (int b = c->ny - 1; b >= 0; b--) {
            int top = c->nx - 1;
            const double *line = c->coefficient + b * c->nz + k;
            while (top >= 0 && line[(size_t)top * c->ny * c->nz] == 0.0) top--;
            for (int j = 0; j < n; j++) inner[j] = 0;
            for (int a = top; a >= 0; a--) {
                REAL value = (REAL)line[(size_t)a * c->ny * c->nz];
                for (int j = 0; j < n; j++) inner[j] = inner[j] * s[j] + value;
            }
            for (int j = 0; j < n; j++) middle[j] = middle[j] * t[j] + inner[j];
        }
        for (int j = 0; j < n; j++) outer[j] = outer[j] * u[j] + middle[j];
    }
    for (int j = 0; j < n; j++) row[j] += outer[j];
}

/* Fills row[0..n) and adds up q row; false as soon as a block holds a sphere that overlaps one of radius a. */
static inline __attribute__((always_inline)) int pair_sum(const int px, const int py, const int pz, const periods *p, const correction *c, int n,
                           const REAL *restrict x, const REAL *restrict y, const REAL *restrict z,
                           const REAL *restrict q, const REAL *restrict rad, REAL x0, REAL y0, REAL z0, REAL a,
                           REAL *restrict row, double *sum) {
    double total = 0.0;
    const int periodic = px | py | pz;
    const REAL is = periodic ? (REAL)(1.0 / (c->scale[0] * c->scale[0])) : 0;
    const REAL it = periodic ? (REAL)(1.0 / (c->scale[1] * c->scale[1])) : 0;
    const REAL iu = periodic ? (REAL)(1.0 / (c->scale[2] * c->scale[2])) : 0;
    for (int start = 0; start < n; start += BLOCK) {
        const int m = n - start < BLOCK ? WHOLE(n - start) : BLOCK;
        const REAL *bx = ALIGNED(x + start), *by = ALIGNED(y + start), *bz = ALIGNED(z + start);
        const REAL *bq = ALIGNED(q + start), *br = ALIGNED(rad + start);
        REAL *out = ALIGNED(row + start);
        REAL s[BLOCK], t[BLOCK], u[BLOCK];
        REAL part = 0;
        if (m % VECTOR) __builtin_unreachable();
        REAL room = 1; /* least square of a distance less that of contact */
#pragma omp simd reduction(+ : part) reduction(min : room)
        for (int j = 0; j < m; j++) {
            REAL dx = x0 - bx[j], dy = y0 - by[j], dz = z0 - bz[j];
            if (px) dx -= p->sides[0] * RINT(dx * p->inverse[0]);
            if (py) dy -= p->sides[1] * RINT(dy * p->inverse[1]);
            if (pz) dz -= p->sides[2] * RINT(dz * p->inverse[2]);
            const REAL flat = dx * dx + dy * dy;
            const REAL square = flat + dz * dz;
            const REAL reach = a + br[j];
            const REAL spare = square - reach * ABS(reach); /* bare points have a negative radius: all is room */
            room = spare < room ? spare : room;
            const REAL inverse = 1 / SQRT(square + (REAL)1e-12); /* an ion at its own old place has no charge */
            out[j] = inverse;
            part += bq[j] * inverse;
            if (periodic) {
                s[j] = dx * dx * is, t[j] = dy * dy * it, u[j] = dz * dz * iu;
            }
        }
        if (room < 0) return 0;
        if (periodic) {
            invariant(c->form, m, s, t, u);
            corrected(c, m, s, t, u, out);
            part = 0;
#pragma omp simd reduction(+ : part)
            for (int j = 0; j < m; j++) part += bq[j] * out[j];
        }
        total += part;
    }
    *sum = total;
    return 1;
}
