/* SPDX-License-Identifier: LGPL-3.0-or-later
 * Sums over pairs in the cell at hand: `pair_sum` compiled for each task and each kind of cell.
 */
/* One function for each kind of sum: the open one, without the others' many registers, costs little to call. */
#define SUM(name, task)                                                                                                \
    static __attribute__((noinline)) double open_##name(int n, const REAL *x, const REAL *y, const REAL *z,            \
                                                        const REAL *q, REAL x0, REAL y0, REAL z0, REAL charge,         \
                                                        const REAL *other, REAL *row) {                                \
        const particles all = {n, x, y, z, q};                                                                         \
        return pair_sum(0, 0, 0, task, 0, 0, &all, x0, y0, z0, charge, other, row);                                    \
    }                                                                                                                  \
    static __attribute__((noinline)) double periodic_##name(const chain *c, const particles *all, REAL x0, REAL y0,    \
                                                            REAL z0, REAL charge, const REAL *other, REAL *row) {      \
        const periods *p = &c->images;                                                                                 \
        const correction *more = &c->more;                                                                             \
        switch (c->space.kind) {                                                                                       \
        case BOX: return pair_sum(1, 1, 1, task, p, more, all, x0, y0, z0, charge, other, row);                        \
        case SLIT: return pair_sum(1, 1, 0, task, p, more, all, x0, y0, z0, charge, other, row);                       \
        default: return pair_sum(0, 0, 1, task, p, more, all, x0, y0, z0, charge, other, row);                         \
        }                                                                                                              \
    }                                                                                                                  \
    INLINE double name(const chain *c, const particles *all, REAL x0, REAL y0, REAL z0, REAL charge,                   \
                       const REAL *other, REAL *row) {                                                                 \
        if (c->space.kind != PORE) return periodic_##name(c, all, x0, y0, z0, charge, other, row);                     \
        return open_##name(all->n, all->x, all->y, all->z, all->q, x0, y0, z0, charge, other, row);                    \
    }
SUM(sum_checked, COMING)
SUM(sum_bare, BARE)
SUM(take_off, LEAVING)
SUM(replace, REPLACED)
#undef SUM
