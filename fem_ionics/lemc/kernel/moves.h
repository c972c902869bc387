/* SPDX-License-Identifier: LGPL-3.0-or-later
 * The moves: each picks ions to go and places to come to, and is accepted such that its way there and back balance.
 */
#define NEARLY 1e-5
/* ln(x) of a positive normal number, with an error of 1.5e-6: its binary exponent and a Chebyshev polynomial. */
INLINE double rough_log(double x) {
    union { double x; int64_t bits; } of = {x};
    const double whole = (double)(int)((of.bits >> 52) - 1023);
    of.bits = (of.bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000;
    const double t = of.x - 1.0, t2 = t * t;
    const double low = (0.999847697496227 - 0.49737321615789853 * t) * t + 1.4720650117205913e-06;
    const double higher = 0.08269123711124945 - 0.017414077524206803 * t;
    const double high = 0.31574731675782053 - 0.1903543367328447 * t + higher * t2;
    return whole * 0.6931471805599453 + (low + t * t2 * high);
}

static RARE int accept_closely(double x, double exponent) { return log(x) <= exponent; }

/* With the probability min(1, places exp(exponent)). The logarithm does not wait for the exponent, as exp would; hardly
 * a trial needs it to all digits. */
INLINE int accept(double number, double places, double exponent) {
    const double x = (1.0 - number) / places, missing = rough_log(x) - exponent;
    if (__builtin_expect(fabs(missing) < NEARLY, 0)) return accept_closely(x, exponent);
    return missing <= 0.0;
}

INLINE int enter(const chain *c, newcomer *p) {
    if (!inside(&c->space, c->radius[p->species], &p->x, &p->y, &p->z)) return 0;
    p->field = one_body(c, p);
    return 1;
}

/* An ion goes elsewhere: what `change` and `commit` would do, with one pass over all particles in each. */
INLINE int moved(chain *c, int i, newcomer p, double volumes, double number) {
    const int j = i - c->M;
    const REAL q = c->q[i];
    REAL *own = c->reach + (size_t)p.species * WHOLE(c->M + c->capacity) + i;
    const REAL reach = *own;
    c->q[i] = 0, *own = NEVER;
    p.potential = potential_at(c, p.species, p.x, p.y, p.z, c->rows);
    c->q[i] = q, *own = reach;
    if (p.potential >= OVERLAP) return 0;
    const double delta = c->bjerrum * q * (p.potential - (double)c->u[i]);
    if (!accept(number, volumes, p.field - c->field[j] - delta)) return 0;
    const particles all = everyone(c);
    replace(c, &all, c->x[i], c->y[i], c->z[i], q, c->rows, c->u);
    c->energy += delta;
    if (p.zone != c->home[j]) strike(c, i), enlist(c, i, p.species, p.zone);
    c->x[i] = (REAL)p.x, c->y[i] = (REAL)p.y, c->z[i] = (REAL)p.z, c->u[i] = (REAL)p.potential;
    c->field[j] = p.field;
    c->bin[j] = bin_of(c, &p);
    return 1;
}

INLINE int displace(chain *c) {
    if (!c->N) return 0;
    const double *draw = prepared(c, 5);
    const int i = c->M + (int)(draw[0] * c->N);
    newcomer p = ion(c, i);
    const double step = c->step[p.species];
    p.x += (2.0 * draw[1] - 1.0) * step, p.y += (2.0 * draw[2] - 1.0) * step, p.z += (2.0 * draw[3] - 1.0) * step;
    if (!enter(c, &p)) return 0;
    p.zone = zone_of(c, p.z);
    return moved(c, i, p, 1.0, draw[4]);
}

static RARE int jump(chain *c) {
    if (!c->N) return 0;
    const int i = c->M + below(c, c->N);
    newcomer p = {.species = c->species[i - c->M]};
    place(c, below(c, c->K), &p);
    if (!enter(c, &p)) return 0;
    const double volumes = c->zone[4 * p.zone + 3] / c->zone[4 * c->home[i - c->M] + 3];
    return moved(c, i, p, volumes, uniform(c));
}

/* An ion of a species in a zone that is not among those already out; -1 if there is none. */
INLINE int pick(chain *c, int species, int zone, int no, const int *out) {
    const int list = zone * c->S + species;
    int taken = 0;
    for (int k = 0; k < no; k++) taken += c->species[out[k] - c->M] == species && c->home[out[k] - c->M] == zone;
    const int left = c->count[list] - taken;
    if (left < 1) return -1;
    const int which = below(c, left);
    int at, passed = 0; /* those already out that lie before */
    do {
        at = which + passed;
        passed = 0;
        for (int k = 0; k < no; k++) {
            const int j = out[k] - c->M;
            passed += c->species[j] == species && c->home[j] == zone && c->slot[j] <= at;
        }
    } while (at != which + passed);
    return c->member[(size_t)list * c->capacity + at];
}

/* One ion in. As a ghost it is not carried out; its weight goes into the estimate of its density by test insertions. */
INLINE int insertion(chain *c, int ghost) {
    double delta = 0.0;
    newcomer p = {.species = below(c, c->S), .bin = UNKNOWN};
    place(c, below(c, c->K), &p);
    const int may = enter(c, &p), free = may && change(c, 0, 0, 1, &p, &delta);
    const int64_t k = (int64_t)p.species * c->bins.nr * c->bins.nt * c->bins.nz + bin_of(c, &p);
    c->tries[k]++;
    if (!free) return 0;
    const double weight = exp(p.field - delta);
    c->inserted[k] += weight;
    const double places = c->zone[4 * p.zone + 3] / (c->count[p.zone * c->S + p.species] + 1);
    if (ghost || 1.0 - uniform(c) > places * weight) return 0;
    commit(c, 0, 0, 1, &p, delta);
    return 1;
}

INLINE int single(chain *c) {
    if (*prepared(c, 1) < 0.5) return insertion(c, 0);
    const int s = below(c, c->S), k = below(c, c->K);
    int i = pick(c, s, k, 0, 0);
    double delta;
    if (i < 0) return 0;
    const double places = c->count[k * c->S + s] / c->zone[4 * k + 3];
    change(c, 1, &i, 0, 0, &delta);
    if (!accept(uniform(c), places, -c->field[i - c->M] - delta)) return 0;
    commit(c, 1, &i, 0, 0, delta);
    return 1;
}

static RARE int group(chain *c) {
    const int32_t *counts = c->group + (size_t)c->S * below(c, c->G);
    double delta, fields = 0.0, places = 1.0;
    if (uniform(c) < 0.5) {
        newcomer in[MOST];
        int n = 0;
        for (int s = 0; s < c->S; s++) {
            for (int k = 0; k < counts[s]; k++) {
                newcomer *p = in + n++;
                p->species = s;
                place(c, below(c, c->K), p);
                if (!enter(c, p)) return 0;
            }
        }
        if (!change(c, 0, 0, n, in, &delta)) return 0;
        for (int k = 0; k < n; k++) {
            /* Ions of this kind in its zone afterwards, less those that were taken before it on the way back. */
            int same = 1;
            for (int l = k + 1; l < n; l++) same += in[l].species == in[k].species && in[l].zone == in[k].zone;
            fields += in[k].field;
            places *= c->zone[4 * in[k].zone + 3] / (c->count[in[k].zone * c->S + in[k].species] + same);
        }
        if (!accept(uniform(c), places, fields - delta)) return 0;
        commit(c, 0, 0, n, in, delta);
        return 1;
    }
    int out[MOST], n = 0;
    for (int s = 0; s < c->S; s++) {
        for (int k = 0; k < counts[s]; k++) {
            const int zone = below(c, c->K);
            int taken = 0;
            for (int l = 0; l < n; l++) taken += c->species[out[l] - c->M] == s && c->home[out[l] - c->M] == zone;
            const int i = pick(c, s, zone, n, out);
            if (i < 0) return 0;
            places *= (c->count[zone * c->S + s] - taken) / c->zone[4 * zone + 3];
            fields -= c->field[i - c->M];
            out[n++] = i;
        }
    }
    change(c, n, out, 0, 0, &delta);
    if (!accept(uniform(c), places, fields - delta)) return 0;
    commit(c, n, out, 0, 0, delta);
    return 1;
}

/* Two ions a become one b at the place of the first, or the other way round. */
static RARE int exchange(chain *c) {
    const int32_t *pair = c->exchange + 2 * below(c, c->E);
    const int a = pair[0], b = pair[1];
    const int together = uniform(c) < 0.5;
    const int first = below(c, c->K), second = below(c, c->K), twice = first == second;
    double delta, places;
    const double volume = c->zone[4 * second + 3];
    int out[2], no = together ? 2 : 1, ni = together ? 1 : 2;
    newcomer in[2];
    if ((out[0] = pick(c, together ? a : b, first, 0, 0)) < 0) return 0;
    if (together && (out[1] = pick(c, a, second, 1, out)) < 0) return 0;
    in[0] = ion(c, out[0]);
    in[0].species = together ? b : a, in[0].zone = first;
    if (!enter(c, in)) return 0;
    if (!together) {
        in[1].species = a;
        place(c, second, in + 1);
        if (!enter(c, in + 1)) return 0;
    }
    if (!change(c, no, out, ni, in, &delta)) return 0;
    const double na = c->count[first * c->S + a], ma = c->count[second * c->S + a], nb = c->count[first * c->S + b];
    if (together) places = na * (ma - twice) / ((nb + 1) * volume);
    else places = nb * volume / ((na + 1) * (ma + 1 + twice));
    double fields = 0.0;
    for (int k = 0; k < ni; k++) fields += in[k].field;
    for (int k = 0; k < no; k++) fields -= c->field[out[k] - c->M];
    if (!accept(uniform(c), places, fields - delta)) return 0;
    commit(c, no, out, ni, in, delta);
    return 1;
}
