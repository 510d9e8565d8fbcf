/* The small loop in C, lanes innermost: LANES patients a block, field by field. Compiled with -DREAL= -DOURS=. */

#include <string.h>

#define LANES 32
#define VOLUMES 9
#define COEFFICIENTS 23
#define DRIVES 3
#define SUMS 3

/* both methods: rows count half steps */
static const int row_of[4] = {0, 1, 1, 2};
static const REAL weight[4] = {(REAL)(1.0 / 6.0), (REAL)(1.0 / 3.0), (REAL)(1.0 / 3.0), (REAL)(1.0 / 6.0)};
#if OURS /* the engine's RK3 of four stages: a state, a stage and a second */
static const REAL keep[4] = {0, 1, 0, (REAL)(1.0 / 3.0)}, take[4] = {1, 0, 1, (REAL)(2.0 / 3.0)};
static const REAL ahead[4] = {(REAL)0.5, (REAL)0.5, (REAL)0.5, (REAL)(1.0 / 6.0)};
#else /* RK4: a state, a stage and a total */
static const REAL next[4] = {(REAL)0.5, (REAL)0.5, 1, 0};
#endif

static inline REAL valve(REAL gradient, REAL conductance) { return gradient > 0 ? gradient * conductance : 0; }

static void beat(REAL y[VOLUMES][LANES], const REAL c[COEFFICIENTS][LANES], const REAL *grid, const REAL period[LANES],
                 REAL sums[SUMS][LANES], int steps)
{
    REAL stage[VOLUMES][LANES], other[VOLUMES][LANES] = {0}, now[DRIVES][LANES]; /* other: second, or total */
    memcpy(stage, y, sizeof stage);
    for (int f = 0; f < SUMS; f++)
        for (int l = 0; l < LANES; l++) sums[f][l] = 0;
    for (int step = 0; step < steps; step++) {
        for (int s = 0; s < 4; s++) {
            const REAL *from = grid + (long)(2 * step + row_of[s]) * DRIVES * LANES;
            memcpy(now, from, sizeof now);
            const REAL w = weight[s] / steps;
#if OURS
            if (s == 1) memcpy(other, stage, sizeof stage);
            if (s == 3) memcpy(y, other, sizeof stage);
#endif
#pragma GCC ivdep
            for (int l = 0; l < LANES; l++) {
                REAL v = now[0][l], a = now[1][l], h = period[l] / steps, r[VOLUMES];
                REAL lv = (c[1][l] + (c[0][l] - c[1][l]) * v) * (stage[0][l] - c[2][l]);
                REAL rv = (c[4][l] + (c[3][l] - c[4][l]) * v) * stage[1][l];
                REAL la = (c[6][l] + (c[5][l] - c[6][l]) * a) * stage[2][l];
                REAL ra = (c[8][l] + (c[7][l] - c[8][l]) * a) * stage[3][l];
                REAL root = c[9][l] * (stage[4][l] + now[2][l]), distal = c[10][l] * stage[5][l];
                REAL veins = c[11][l] * stage[6][l], lung = c[12][l] * stage[7][l], lung_veins = c[13][l] * stage[8][l];
                REAL mitral = valve(la - lv, c[14][l]), aortic = valve(lv - root, c[15][l]);
                REAL tricuspid = valve(ra - rv, c[16][l]), pulmonary = valve(rv - lung, c[17][l]);
                REAL into_distal = c[18][l] * (root - distal), systemic = c[19][l] * (distal - veins);
                REAL venous = c[20][l] * (veins - ra), through = c[21][l] * (lung - lung_veins);
                REAL into_atrium = c[22][l] * (lung_veins - la);
                r[0] = mitral - aortic, r[1] = tricuspid - pulmonary, r[2] = into_atrium - mitral;
                r[3] = venous - tricuspid, r[4] = aortic - into_distal, r[5] = into_distal - systemic;
                r[6] = systemic - venous, r[7] = pulmonary - through, r[8] = through - into_atrium;
                sums[0][l] += w * root, sums[1][l] += w * aortic, sums[2][l] += w * lv * (aortic - mitral);
                for (int f = 0; f < VOLUMES; f++)
#if OURS
                    stage[f][l] = keep[s] * y[f][l] + (take[s] * stage[f][l] + ahead[s] * h * r[f]);
#else
                    other[f][l] += weight[s] * h * r[f], stage[f][l] = y[f][l] + next[s] * h * r[f];
#endif
            }
        }
#if OURS
        memcpy(y, stage, sizeof stage);
#else
        for (int f = 0; f < VOLUMES; f++)
            for (int l = 0; l < LANES; l++) y[f][l] += other[f][l], stage[f][l] = y[f][l], other[f][l] = 0;
#endif
    }
}

void carry(REAL *y, const REAL *c, const REAL *grid, const REAL *period, REAL *sums, int blocks, int steps, int beats)
{
    for (int b = 0; b < blocks; b++)
        for (int n = 0; n < beats; n++)
            beat((void *)(y + (long)b * VOLUMES * LANES), (const void *)(c + (long)b * COEFFICIENTS * LANES),
                 grid + (long)b * (2 * steps + 1) * DRIVES * LANES, period + (long)b * LANES,
                 (void *)(sums + (long)b * SUMS * LANES), steps);
}
