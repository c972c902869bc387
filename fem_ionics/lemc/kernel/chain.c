/* SPDX-License-Identifier: LGPL-3.0-or-later
 * A grand-canonical Markov chain of charged hard spheres in a one-body field. Lengths in nm, charges in e, energies in
 * kT. Compiled for REAL float and double; positions and pair potentials are REAL, all else is double.
 *
 * The potential of each ion by all others is kept: a deletion costs no sum over pairs, an insertion and a move one.
 * Every move takes some ions away and puts some in, and goes through `change` and `commit` alike.
 *
 * reference.py follows this file line by line.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef DOUBLE
typedef double REAL;
#define RINT rint
#define SQRT sqrt
#else
typedef float REAL;
#define RINT rintf
#define SQRT sqrtf
#endif

#include "state.h"
#include "pairs.h"
#include "space.h"
#include "random.h"

#define MOST 8 /* ions in a group */
#define FAR (-1e4)
#define UNKNOWN (-1)

enum { DISPLACE, JUMP, SINGLE, GROUP, EXCHANGE, GHOST, MOVES };

typedef struct {
    double x, y, z, field, potential;
    int32_t species, zone, bin; /* bin: UNKNOWN where nobody has asked yet */
} newcomer;

static int32_t bin_of(const chain *c, newcomer *p) {
    if (p->bin == UNKNOWN) {
        const spot at = where(&c->bins, p->x, p->y, p->z);
        p->bin = bin(&c->bins, &at);
    }
    return p->bin;
}

static double one_body(const chain *c, newcomer *p) {
    double value;
    p->bin = UNKNOWN;
    if (c->uniform) {
        value = c->lna[p->species];
    } else {
        const spot at = where(&c->bins, p->x, p->y, p->z);
        p->bin = bin(&c->bins, &at);
        value = nodal(&c->bins, c->lna + p->species * c->nodes, &at);
    }
    if (c->potential.nr) value -= c->valence[p->species] * bilinear(&c->potential, p->x, p->y, p->z);
    return value;
}

INLINE int pairs(const chain *c, const particles *all, const int task, double x, double y, double z, double a,
                 double charge, REAL *row, double *sum, double other, const REAL *come) {
#define SUM(px, py, pz)                                                                                                \
    pair_sum(px, py, pz, task, &c->images, &c->more, all, (REAL)x, (REAL)y, (REAL)z, (REAL)a, (REAL)charge, row, sum, \
             (REAL)other, come)
    switch (c->space.kind) {
    case BOX: return SUM(1, 1, 1);
    case SLIT: return SUM(1, 1, 0);
    case TUBE: return SUM(0, 0, 1);
    default: return SUM(0, 0, 0);
    }
#undef SUM
}

static int potential_at(const chain *c, double x, double y, double z, double a, REAL *row, double *sum) {
    const particles all = {c->M + c->N, c->x, c->y, c->z, c->q, c->rad};
    return pairs(c, &all, COMING, x, y, z, a, 0.0, row, sum, 0.0, 0);
}

/* Take the potential by ion i off that of all others; put that by a newcomer there, if it comes in its stead. */
static void leave(chain *c, int i, double other, const REAL *come) {
    const particles all = {c->M + c->N, c->x, c->y, c->z, c->q, c->rad};
    if (come) pairs(c, &all, REPLACED, c->x[i], c->y[i], c->z[i], FAR, c->q[i], c->u, 0, other, come);
    else pairs(c, &all, LEAVING, c->x[i], c->y[i], c->z[i], FAR, c->q[i], c->u, 0, 0.0, 0);
}

/* Potential of one ion at another place, as in the sum over all. */
static double pair_potential(const chain *c, const newcomer *p, const newcomer *o, double reach, int *overlap) {
    _Alignas(64) REAL x[ROOM] = {(REAL)o->x}, y[ROOM] = {(REAL)o->y}, z[ROOM] = {(REAL)o->z};
    _Alignas(64) REAL one[ROOM] = {1}, rad[ROOM], row[ROOM];
    const particles other = {1, x, y, z, one, rad};
    double sum = 0.0;
    for (int j = 0; j < ROOM; j++) rad[j] = j ? FAR : 0;
    *overlap |= !pairs(c, &other, COMING, p->x, p->y, p->z, reach, 0.0, row, &sum, 0.0, 0);
    return sum;
}

static newcomer ion(const chain *c, int i) {
    newcomer p = {.x = c->x[i], .y = c->y[i], .z = c->z[i], .species = c->species[i - c->M], .bin = UNKNOWN};
    return p;
}

/* A point in a zone, all of its volume alike. */
static void place(chain *c, int k, newcomer *p) {
    const double *zone = c->zone + 4 * k;
    p->zone = k;
    if (c->space.kind == BOX || c->space.kind == SLIT) {
        p->x = (uniform(c) - 0.5) * c->space.sides[0];
        p->y = (uniform(c) - 0.5) * c->space.sides[1];
    } else {
        do {
            p->x = 2.0 * uniform(c) - 1.0;
            p->y = 2.0 * uniform(c) - 1.0;
        } while (p->x * p->x + p->y * p->y > 1.0);
        p->x *= zone[2], p->y *= zone[2];
    }
    p->z = zone[0] + uniform(c) * (zone[1] - zone[0]);
}

static int zone_of(const chain *c, double z) {
    int k = 0;
    while (k + 1 < c->K && z >= c->zone[4 * (k + 1)]) k++;
    return k;
}

/* Change of the energy when ions `out` go and ions `in` come; false where spheres overlap. */
static int change(chain *c, int no, const int *out, int ni, newcomer *in, double *delta) {
    const int stride = WHOLE(c->M + c->capacity);
    REAL q[MOST], rad[MOST];
    double sum = 0.0;
    int free = 1, overlap = 0;
    for (int k = 0; k < no; k++) {
        q[k] = c->q[out[k]], rad[k] = c->rad[out[k]];
        sum -= q[k] * (double)c->u[out[k]] + 0.5 * q[k] * q[k] * c->more.self;
        for (int l = 0; l < k; l++) {
            newcomer one = ion(c, out[k]), other = ion(c, out[l]);
            sum += q[k] * q[l] * pair_potential(c, &one, &other, FAR, &overlap);
        }
    }
    for (int k = 0; k < no; k++) c->q[out[k]] = 0, c->rad[out[k]] = FAR;
    for (int k = 0; k < ni && free; k++) {
        const double a = c->radius[in[k].species], z = c->valence[in[k].species];
        free = potential_at(c, in[k].x, in[k].y, in[k].z, a, c->rows + (size_t)k * stride, &in[k].potential);
        sum += z * in[k].potential + 0.5 * z * z * c->more.self;
        overlap = 0;
        for (int l = 0; l < k && free; l++) {
            const double phi = pair_potential(c, in + k, in + l, a + c->radius[in[l].species], &overlap);
            const double zl = c->valence[in[l].species];
            sum += z * zl * phi;
            in[k].potential += zl * phi, in[l].potential += z * phi;
            free = !overlap;
        }
    }
    for (int k = 0; k < no; k++) c->q[out[k]] = q[k], c->rad[out[k]] = rad[k];
    *delta = c->bjerrum * sum;
    return free;
}

static void enlist(chain *c, int i, int species, int zone) {
    const int list = zone * c->S + species, j = i - c->M;
    c->species[j] = species, c->home[j] = zone, c->slot[j] = c->count[list];
    c->member[(size_t)list * c->capacity + c->count[list]++] = i;
}

static void strike(chain *c, int i) {
    const int j = i - c->M, list = c->home[j] * c->S + c->species[j];
    int32_t *members = c->member + (size_t)list * c->capacity;
    const int last = members[--c->count[list]];
    members[c->slot[j]] = last, c->slot[last - c->M] = c->slot[j];
}

static void set(chain *c, int i, newcomer *p) {
    c->x[i] = (REAL)p->x, c->y[i] = (REAL)p->y, c->z[i] = (REAL)p->z;
    c->q[i] = (REAL)c->valence[p->species], c->rad[i] = (REAL)c->radius[p->species];
    c->u[i] = (REAL)p->potential, c->field[i - c->M] = p->field;
    c->bin[i - c->M] = bin_of(c, p);
    enlist(c, i, p->species, p->zone);
}

static void move_last(chain *c, int i) {
    const int last = c->M + --c->N;
    if (i < last) {
        c->x[i] = c->x[last], c->y[i] = c->y[last], c->z[i] = c->z[last];
        c->q[i] = c->q[last], c->rad[i] = c->rad[last], c->u[i] = c->u[last];
        const int j = i - c->M, l = last - c->M;
        c->field[j] = c->field[l], c->species[j] = c->species[l], c->bin[j] = c->bin[l];
        c->home[j] = c->home[l], c->slot[j] = c->slot[l];
        c->member[(size_t)(c->home[j] * c->S + c->species[j]) * c->capacity + c->slot[j]] = i;
    }
    c->q[last] = 0, c->rad[last] = FAR;
}

/* Carry out what `change` has looked at. */
static void commit(chain *c, int no, int *out, int ni, newcomer *in, double delta) {
    const int stride = WHOLE(c->M + c->capacity), n = c->M + c->N;
    c->energy += delta;
    for (int k = 0; k < no || k < ni; k++) {
        const REAL *row = c->rows + (size_t)k * stride, q = k < ni ? (REAL)c->valence[in[k].species] : 0;
        if (k < no) leave(c, out[k], q, k < ni ? row : 0);
        else for (int j = 0; j < n; j += LANES) *(vector *)(c->u + j) += q * *(const vector *)(row + j);
    }
    for (int k = 0; k < no; k++) strike(c, out[k]);
    for (int k = 0; k < ni; k++) {
        if (k < no) set(c, out[k], in + k);
        else set(c, c->M + c->N++, in + k);
    }
    for (int k = no - 1; k >= ni; k--) { /* the highest first: the last ion is never one that is still to go */
        int highest = ni;
        for (int l = ni; l <= k; l++) highest = out[l] > out[highest] ? l : highest;
        const int i = out[highest];
        out[highest] = out[k];
        move_last(c, i);
    }
}

#include "moves.h"

/* Potentials, one-body terms and energy anew: rounding errors of many updates go. */
void refresh(chain *c) {
    double sum = 0.0;
    for (int i = c->M; i < c->M + c->N; i++) {
        newcomer p = ion(c, i);
        const REAL q = c->q[i];
        double u;
        c->field[i - c->M] = one_body(c, &p), c->bin[i - c->M] = bin_of(c, &p);
        c->q[i] = 0;
        potential_at(c, p.x, p.y, p.z, FAR, c->rows, &u);
        c->q[i] = q, c->u[i] = (REAL)u;
        sum += q * (u + q * c->more.self);
        for (int j = 0; j < c->M; j++) sum += q * c->q[j] * c->rows[j]; /* pairs with fixed charges are no halves */
    }
    c->energy = 0.5 * c->bjerrum * sum;
}

static void sample(chain *c) {
    const int64_t bins = (int64_t)c->bins.nr * c->bins.nt * c->bins.nz;
    double n[64] = {0};
    for (int i = c->M; i < c->M + c->N; i++) {
        const int s = c->species[i - c->M];
        c->counts[s * bins + c->bin[i - c->M]]++;
        n[s] += 1.0;
    }
    for (int s = 0; s < c->S; s++) {
        c->numbers[s] += n[s];
        for (int t = 0; t < c->S; t++) c->products[s * c->S + t] += n[s] * n[t];
    }
    c->energies += c->energy;
    c->samples++;
}

/* Trials that were done: fewer than asked for when there is no room for another group. */
int64_t run(chain *c, int64_t trials, int64_t stride, int64_t renewal) {
    draw_more(c);
    int64_t sampling = stride - c->trials % stride, renewing = renewal - c->trials % renewal;
    for (int64_t t = 0; t < trials; t++) {
        if (c->N + MOST > c->capacity) {
            settle(c);
            return t;
        }
        const double which = uniform(c);
        int move = 0, done;
        while (move < MOVES - 1 && which >= c->chance[move]) move++;
        switch (move) {
        case DISPLACE: done = displace(c); break;
        case JUMP: done = jump(c); break;
        case SINGLE: done = single(c); break;
        case GROUP: done = group(c); break;
        case EXCHANGE: done = exchange(c); break;
        default: done = insertion(c, 1);
        }
        c->attempted[move]++, c->accepted[move] += done;
        c->trials++;
        if (!--sampling) sample(c), sampling = stride;
        if (!--renewing) refresh(c), renewing = renewal;
    }
    settle(c);
    return trials;
}

/* Enter ions whose positions and species are given, and set up all that is kept. */
void enter_all(chain *c, int32_t n, const double *xyz, const int32_t *species) {
    memset(c->count, 0, sizeof(int32_t) * c->K * c->S);
    c->N = 0;
    for (int i = c->M; i < WHOLE(c->M + c->capacity); i++) c->q[i] = 0, c->rad[i] = FAR;
    for (int i = 0; i < n; i++) {
        newcomer p = {.x = xyz[3 * i], .y = xyz[3 * i + 1], .z = xyz[3 * i + 2], .species = species[i]};
        p.bin = UNKNOWN;
        p.zone = zone_of(c, p.z);
        set(c, c->M + c->N++, &p);
    }
    refresh(c);
}
