/* SPDX-License-Identifier: LGPL-3.0-or-later
 * What a chain is made of. Declarations only: Python reads this file too.
 */

typedef struct {
    int32_t ny, nz;            /* coefficients along t and u */
    int32_t form;              /* OBLONG, ROUND, SQUARE, CUBIC: what s, t and u are */
    double scale[3];           /* lengths that squares are divided by */
    double self;               /* potential of a unit charge's own images */
    const REAL *term;          /* coefficients in the order of Horner's rule: highest powers first, of u, of t, of s */
    const int32_t *length;     /* nz * ny: how many of s for each of u and t */
} correction;

typedef struct {
    int32_t x, y, z; /* periodic or not */
    REAL sides[3], inverse[3];
} periods;

typedef struct {
    int32_t kind, points;
    double sides[3];       /* BOX: periods. SLIT: x and y periods, width. TUBE: z period in [2], radius in [0]. */
    double bath, top;      /* PORE: radius of the baths, height of their outer boundary */
    const double *wz, *wr; /* PORE: wall as a polyline */
} cell;

typedef struct {
    int32_t nr, nt, nz, lr, lz; /* intervals; lengths of the two look-up tables */
    double cuts_r, cuts_z;      /* cells of the tables over a length */
    const double *r, *t, *z;    /* edges */
    const int32_t *find_r, *find_z;
} grid;

typedef struct {
    int32_t nr, nz; /* nodes; none: no potential */
    double low, dr, dz;
    const double *values;
} table;

typedef struct {
    /* the system */
    int32_t S, M, K, G, E, uniform;
    double bjerrum;
    const double *valence, *radius, *step;
    cell space;
    periods images;
    correction more;
    grid bins;
    table potential;
    const double *lna;      /* S, or S tables of nodes */
    int64_t nodes;
    const double *zone;     /* K rows: low z, high z, radius, volume */
    const int32_t *group;   /* G rows of S counts */
    const int32_t *exchange; /* E rows: a, b */
    double chance[6];   /* cumulative */
    /* the state */
    int32_t N, capacity;
    uint64_t rng[1];
    double draw[264];
    int32_t drawn;
    REAL *x, *y, *z, *q, *rad, *u; /* M fixed charges, then N ions */
    double *field;                 /* one-body term of each ion */
    int32_t *species, *bin, *home, *slot; /* of each ion; its zone and its place in the list of the zone */
    int32_t *member, *count;       /* K * S lists of ions, and their lengths */
    REAL *reach;                   /* S rows, made by `run`: squares of the distances within which a species overlaps */
    REAL *rows;                    /* MOST rows of pair potentials, all twice */
    double energy;
    /* what is accumulated */
    int64_t *counts, samples, trials;
    double *inserted;
    int64_t *tries;
    double *numbers, *products; /* S and S * S */
    double energies;
    int64_t attempted[6], accepted[6];
} chain;

int64_t run(chain *c, int64_t trials, int64_t stride, int64_t renewal);
void refresh(chain *c);
void enter_all(chain *c, int32_t n, const double *xyz, const int32_t *species);
