/* SPDX-License-Identifier: LGPL-3.0-or-later
 * A grand-canonical Markov chain of charged hard spheres in a one-body field. Lengths in nm, charges in e, energies in
 * kT. Compiled for REAL float and double; positions and pair potentials are REAL, all else is double.
 *
 * The potential of each ion by all others is kept: a deletion costs no sum over pairs, an insertion and a move one.
 * Every move takes some ions away and puts some in by `change` and `commit`; one ion that goes elsewhere, which is most
 * of all trials, has `moved`. What a trial calls is inlined: a chain of small ones has little else to do than calls.
 * What is rare is not, so that the rest stays near.
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
#define NEVER (-1) /* the square of no distance */

enum { DISPLACE, JUMP, SINGLE, GROUP, EXCHANGE, GHOST, MOVES };

typedef struct {
    double x, y, z, field, potential;
    int32_t species, zone, bin; /* bin: UNKNOWN where nobody has asked yet */
} newcomer;

INLINE int32_t bin_of(const chain *c, newcomer *p) {
    if (p->bin == UNKNOWN) {
        const spot at = where(&c->bins, p->x, p->y, p->z);
        p->bin = bin(&c->bins, &at);
    }
    return p->bin;
}

INLINE double one_body(const chain *c, newcomer *p) {
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

#include "sums.h"

INLINE particles everyone(const chain *c) { return (particles){c->M + c->N, c->x, c->y, c->z, c->q}; }

/* The potential that an ion of a species meets; OVERLAP where it has no room. */
INLINE double potential_at(const chain *c, int species, double x, double y, double z, REAL *row) {
    const particles all = everyone(c);
    const REAL *reach = c->reach + (size_t)species * WHOLE(c->M + c->capacity);
    return sum_checked(c, &all, (REAL)x, (REAL)y, (REAL)z, 0, reach, row);
}

/* Potential of one ion at another place, as in the sum over all; OVERLAP where they are closer than `apart`. */
static double pair_potential(const chain *c, const newcomer *p, const newcomer *o, double apart) {
    _Alignas(64) REAL x[ROOM] = {(REAL)o->x}, y[ROOM] = {(REAL)o->y}, z[ROOM] = {(REAL)o->z};
    _Alignas(64) REAL one[ROOM] = {1}, reach[ROOM], row[ROOM];
    const particles other = {1, x, y, z, one};
    for (int j = 0; j < ROOM; j++) reach[j] = j ? NEVER : (REAL)(apart * apart);
    return sum_checked(c, &other, (REAL)p->x, (REAL)p->y, (REAL)p->z, 0, reach, row);
}

INLINE newcomer ion(const chain *c, int i) {
    newcomer p = {.x = c->x[i], .y = c->y[i], .z = c->z[i], .species = c->species[i - c->M], .bin = UNKNOWN};
    return p;
}

/* A point in a zone, all of its volume alike. */
INLINE void place(chain *c, int k, newcomer *p) {
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

/* Square of the distance at which an ion of a species overlaps a particle; bare points have a negative radius. */
INLINE REAL reach_of(const chain *c, int species, int i) {
    const double apart = c->radius[species] + (double)c->rad[i];
    return apart > 0.0 ? (REAL)(apart * apart) : NEVER;
}

/* Give a particle a charge and its reach to each species, or let no sphere meet it. */
INLINE void show(chain *c, int i, REAL charge, int met) {
    const int stride = WHOLE(c->M + c->capacity);
    c->q[i] = charge;
    for (int s = 0; s < c->S; s++) c->reach[(size_t)s * stride + i] = met ? reach_of(c, s, i) : NEVER;
}

/* Change of the energy when ions `out` go and ions `in` come; false where spheres overlap. */
INLINE int change(chain *c, int no, const int *out, int ni, newcomer *in, double *delta) {
    const int stride = WHOLE(c->M + c->capacity);
    REAL q[MOST];
    double sum = 0.0;
    int free = 1;
    for (int k = 0; k < no; k++) {
        q[k] = c->q[out[k]];
        sum -= q[k] * (double)c->u[out[k]] + 0.5 * q[k] * q[k] * c->more.self;
        for (int l = 0; l < k; l++) {
            newcomer one = ion(c, out[k]), other = ion(c, out[l]);
            sum += q[k] * q[l] * pair_potential(c, &one, &other, 0.0);
        }
    }
    if (ni) for (int k = 0; k < no; k++) show(c, out[k], 0, 0);
    for (int k = 0; k < ni && free; k++) {
        const double a = c->radius[in[k].species], z = c->valence[in[k].species];
        in[k].potential = potential_at(c, in[k].species, in[k].x, in[k].y, in[k].z, c->rows + (size_t)k * stride);
        free = in[k].potential < OVERLAP;
        sum += z * in[k].potential + 0.5 * z * z * c->more.self;
        for (int l = 0; l < k && free; l++) {
            const double phi = pair_potential(c, in + k, in + l, a + c->radius[in[l].species]);
            const double zl = c->valence[in[l].species];
            sum += z * zl * phi;
            in[k].potential += zl * phi, in[l].potential += z * phi;
            free = phi < OVERLAP;
        }
    }
    if (ni) for (int k = 0; k < no; k++) show(c, out[k], q[k], 1);
    *delta = c->bjerrum * sum;
    return free;
}

INLINE void enlist(chain *c, int i, int species, int zone) {
    const int list = zone * c->S + species, j = i - c->M;
    c->species[j] = species, c->home[j] = zone, c->slot[j] = c->count[list];
    c->member[(size_t)list * c->capacity + c->count[list]++] = i;
}

INLINE void strike(chain *c, int i) {
    const int j = i - c->M, list = c->home[j] * c->S + c->species[j];
    int32_t *members = c->member + (size_t)list * c->capacity;
    const int last = members[--c->count[list]];
    members[c->slot[j]] = last, c->slot[last - c->M] = c->slot[j];
}

INLINE void set(chain *c, int i, newcomer *p) {
    c->x[i] = (REAL)p->x, c->y[i] = (REAL)p->y, c->z[i] = (REAL)p->z;
    c->rad[i] = (REAL)c->radius[p->species];
    show(c, i, (REAL)c->valence[p->species], 1);
    c->u[i] = (REAL)p->potential, c->field[i - c->M] = p->field;
    c->bin[i - c->M] = bin_of(c, p);
    enlist(c, i, p->species, p->zone);
}

INLINE void move_last(chain *c, int i) {
    const int last = c->M + --c->N;
    if (i < last) {
        c->x[i] = c->x[last], c->y[i] = c->y[last], c->z[i] = c->z[last];
        c->rad[i] = c->rad[last], c->u[i] = c->u[last];
        show(c, i, c->q[last], 1);
        const int j = i - c->M, l = last - c->M;
        c->field[j] = c->field[l], c->species[j] = c->species[l], c->bin[j] = c->bin[l];
        c->home[j] = c->home[l], c->slot[j] = c->slot[l];
        c->member[(size_t)(c->home[j] * c->S + c->species[j]) * c->capacity + c->slot[j]] = i;
    }
    c->rad[last] = FAR;
    show(c, last, 0, 0);
}

/* Carry out what `change` has looked at. */
INLINE void commit(chain *c, int no, int *out, int ni, newcomer *in, double delta) {
    const int stride = WHOLE(c->M + c->capacity), n = c->M + c->N;
    c->energy += delta;
    const particles all = everyone(c);
    for (int k = 0; k < no; k++) {
        const int i = out[k];
        take_off(c, &all, c->x[i], c->y[i], c->z[i], c->q[i], 0, c->u);
    }
    for (int k = 0; k < ni; k++) {
        const REAL *row = c->rows + (size_t)k * stride, half = (REAL)(0.5 * c->valence[in[k].species]);
        for (int j = 0; j < n; j += LANES) *(vector *)(c->u + j) += half * *(const vector *)(row + j);
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
    const particles all = everyone(c);
    double sum = 0.0;
    for (int i = c->M; i < c->M + c->N; i++) {
        newcomer p = ion(c, i);
        const REAL q = c->q[i];
        c->field[i - c->M] = one_body(c, &p), c->bin[i - c->M] = bin_of(c, &p);
        c->q[i] = 0;
        const double u = sum_bare(c, &all, c->x[i], c->y[i], c->z[i], 0, 0, c->rows);
        c->q[i] = q, c->u[i] = (REAL)u;
        sum += q * (u + q * c->more.self);
        /* Pairs with fixed charges are no halves. */
        for (int j = 0; j < c->M; j++) sum += 0.5 * q * c->q[j] * c->rows[j];
    }
    c->energy = 0.5 * c->bjerrum * sum;
}

static RARE void sample(chain *c) {
    const int64_t bins = (int64_t)c->bins.nr * c->bins.nt * c->bins.nz;
    double n[64] = {0};
    for (int j = 0; j < c->N; j++) c->counts[c->species[j] * bins + c->bin[j]]++;
    for (int k = 0; k < c->K * c->S; k++) n[k % c->S] += c->count[k];
    for (int s = 0; s < c->S; s++) {
        c->numbers[s] += n[s];
        for (int t = 0; t < c->S; t++) c->products[s * c->S + t] += n[s] * n[t];
    }
    c->energies += c->energy;
    c->samples++;
}

/* Trials that were done: fewer than asked for when there is no room for another group. */
int64_t run(chain *c, int64_t trials, int64_t stride, int64_t renewal) {
    begin(c);
    for (int i = 0; i < WHOLE(c->M + c->capacity); i++) show(c, i, c->q[i], i < c->M + c->N);
    int64_t sampling = stride - c->trials % stride, renewing = renewal - c->trials % renewal;
    int64_t left = sampling < renewing ? sampling : renewing;
    for (int64_t t = 0; t < trials; t++) {
        if (c->N + MOST > c->capacity) {
            settle(c);
            c->trials += t;
            return t;
        }
        prepare(c);
        const double which = *prepared(c, 1);
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
        if (--left) continue;
        const int64_t past = sampling < renewing ? sampling : renewing;
        sampling -= past, renewing -= past;
        if (!sampling) sample(c), sampling = stride;
        if (!renewing) refresh(c), renewing = renewal;
        left = sampling < renewing ? sampling : renewing;
    }
    settle(c);
    c->trials += trials;
    return trials;
}

/* Enter ions whose positions and species are given, and set up all that is kept. */
void enter_all(chain *c, int32_t n, const double *xyz, const int32_t *species) {
    memset(c->count, 0, sizeof(int32_t) * c->K * c->S);
    c->N = 0;
    for (int i = c->M; i < WHOLE(c->M + c->capacity); i++) c->rad[i] = FAR, show(c, i, 0, 0);
    for (int i = 0; i < n; i++) {
        newcomer p = {.x = xyz[3 * i], .y = xyz[3 * i + 1], .z = xyz[3 * i + 2], .species = species[i]};
        p.bin = UNKNOWN;
        p.zone = zone_of(c, p.z);
        set(c, c->M + c->N++, &p);
    }
    refresh(c);
}
