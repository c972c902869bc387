/* SPDX-License-Identifier: LGPL-3.0-or-later
 * The cell, and what varies in space: walls, bins, tables of the one-body terms.
 */
enum { BOX, SLIT, TUBE, PORE };

typedef struct {
    int32_t r, t, z; /* intervals */
    double radius, angle, height;
} spot;

static double wrapped(double x, double side) { return x - side * floor(x / side + 0.5); }

/* Whether a sphere of radius a may be at (x, y, z); periodic coordinates are brought back into the cell. */
INLINE int inside(const cell *c, double a, double *x, double *y, double *z) {
    if (c->kind == BOX) {
        *x = wrapped(*x, c->sides[0]), *y = wrapped(*y, c->sides[1]), *z = wrapped(*z, c->sides[2]);
        return 1;
    }
    if (c->kind == SLIT) {
        *x = wrapped(*x, c->sides[0]), *y = wrapped(*y, c->sides[1]);
        return fabs(*z) <= 0.5 * c->sides[2] - a;
    }
    const double square = *x * *x + *y * *y;
    if (c->kind == TUBE) {
        *z = wrapped(*z, c->sides[2]);
        const double reach = c->sides[0] - a;
        return reach >= 0.0 && square <= reach * reach;
    }
    const double half = c->wz[c->points - 1], height = fabs(*z);
    if (height > c->top || square > c->bath * c->bath) return 0;
    if (height >= half + a) return 1;
    const double r = sqrt(square);
    for (int end = 0; end < 2; end++) { /* the membrane's faces */
        const int k = end ? c->points - 1 : 0;
        const double dr = r < c->wr[k] ? c->wr[k] - r : 0.0, dz = *z - c->wz[k];
        if (dr * dr + dz * dz < a * a) return 0;
    }
    for (int k = 0; k + 1 < c->points; k++) { /* the wall of the pore */
        const double ez = c->wz[k + 1] - c->wz[k], er = c->wr[k + 1] - c->wr[k];
        if (*z >= c->wz[k] && *z <= c->wz[k + 1] && r >= c->wr[k] + er * (*z - c->wz[k]) / ez) return 0;
        double f = ((*z - c->wz[k]) * ez + (r - c->wr[k]) * er) / (ez * ez + er * er);
        f = f < 0.0 ? 0.0 : f > 1.0 ? 1.0 : f;
        const double dz = *z - c->wz[k] - f * ez, dr = r - c->wr[k] - f * er;
        if (dr * dr + dz * dz < a * a) return 0;
    }
    return 1;
}

INLINE int interval(const double *edges, int n, const int32_t *find, int length, double cuts, double x) {
    const int cut = (int)(cuts * (x - edges[0]));
    int k = find[cut < 0 ? 0 : cut < length ? cut : length - 1];
    while (k + 1 < n && x >= edges[k + 1]) k++;
    return k;
}

static double part(const double *edges, int k, double x) {
    double f = (x - edges[k]) / (edges[k + 1] - edges[k]);
    return f < 0.0 ? 0.0 : f > 1.0 ? 1.0 : f;
}

INLINE spot where(const grid *g, double x, double y, double z) {
    spot s = {.height = z};
    s.radius = sqrt(x * x + y * y);
    if (g->nr > 1) s.r = interval(g->r, g->nr, g->find_r, g->lr, g->cuts_r, s.radius);
    if (g->nz > 1) s.z = interval(g->z, g->nz, g->find_z, g->lz, g->cuts_z, z);
    if (g->nt > 1) {
        s.angle = atan2(y, x);
        if (s.angle < 0.0) s.angle += 2.0 * M_PI;
        while (s.t + 1 < g->nt && s.angle >= g->t[s.t + 1]) s.t++;
    }
    return s;
}

INLINE int32_t bin(const grid *g, const spot *s) { return (s->r * g->nt + s->t) * g->nz + s->z; }

/* Linear in r, theta and z between the nodes; periodic in theta. */
static double nodal(const grid *g, const double *values, const spot *s) {
    const int nt = g->nt, along = g->nz + 1;
    const double fr = part(g->r, s->r, s->radius), ft = part(g->t, s->t, s->angle), fz = part(g->z, s->z, s->height);
    double sum = 0.0;
    for (int dt = 0; dt < (nt > 1 ? 2 : 1); dt++) {
        const double wt = nt > 1 ? (dt ? ft : 1.0 - ft) : 1.0;
        const int t = (s->t + dt) % nt;
        const double *lower = values + ((size_t)s->r * nt + t) * along + s->z;
        const double *upper = values + ((size_t)(s->r + 1) * nt + t) * along + s->z;
        sum += wt * ((1.0 - fr) * ((1.0 - fz) * lower[0] + fz * lower[1]) +
                     fr * ((1.0 - fz) * upper[0] + fz * upper[1]));
    }
    return sum;
}

static double bilinear(const table *p, double x, double y, double z) {
    double fr = sqrt(x * x + y * y) / p->dr, fz = (z - p->low) / p->dz;
    int r = (int)fr, k = (int)floor(fz);
    r = r > p->nr - 2 ? p->nr - 2 : r;
    k = k < 0 ? 0 : k > p->nz - 2 ? p->nz - 2 : k;
    fr -= r, fz -= k;
    const double *lower = p->values + (size_t)r * p->nz + k, *upper = lower + p->nz;
    return (1.0 - fr) * ((1.0 - fz) * lower[0] + fz * lower[1]) + fr * ((1.0 - fz) * upper[0] + fz * upper[1]);
}
