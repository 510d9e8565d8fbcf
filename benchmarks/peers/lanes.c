/* The small loop in C, lanes innermost: LANES patients a block, field by field. Compiled with -DREAL= -DOURS=. */

#define LANES 32
#define VOLUMES 9
#define COEFFICIENTS 23
#define DRIVES 3
#define SUMS 3

typedef REAL row[LANES];
static const REAL third = (REAL)(1.0 / 3.0), sixth = (REAL)(1.0 / 6.0), half_ = 0.5;

static inline REAL valve(REAL gradient, REAL conductance) { return gradient > 0 ? gradient * conductance : 0; }

/* out = keep * kept + take * in + ahead * h * f(in), and total = before + weight * h * f(in), where there are such.
   Always inlined, so that what is multiplied by 0 is not read. */
static inline __attribute__((always_inline)) void stage(const row *in, const row *kept, row *out, const row *before,
                                                        row *total, REAL keep, REAL take, REAL ahead, REAL weight,
                                                        const row *now, const row *c, const REAL *step_length,
                                                        row *sums, REAL share)
{
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++) {
        REAL v = now[0][l], a = now[1][l], h = step_length[l], r[VOLUMES];
        REAL lv = (c[1][l] + (c[0][l] - c[1][l]) * v) * (in[0][l] - c[2][l]);
        REAL rv = (c[4][l] + (c[3][l] - c[4][l]) * v) * in[1][l];
        REAL la = (c[6][l] + (c[5][l] - c[6][l]) * a) * in[2][l];
        REAL ra = (c[8][l] + (c[7][l] - c[8][l]) * a) * in[3][l];
        REAL root = c[9][l] * (in[4][l] + now[2][l]), distal = c[10][l] * in[5][l];
        REAL veins = c[11][l] * in[6][l], lung = c[12][l] * in[7][l], lung_veins = c[13][l] * in[8][l];
        REAL mitral = valve(la - lv, c[14][l]), aortic = valve(lv - root, c[15][l]);
        REAL tricuspid = valve(ra - rv, c[16][l]), pulmonary = valve(rv - lung, c[17][l]);
        REAL into_distal = c[18][l] * (root - distal), systemic = c[19][l] * (distal - veins);
        REAL venous = c[20][l] * (veins - ra), through = c[21][l] * (lung - lung_veins);
        REAL into_atrium = c[22][l] * (lung_veins - la);
        r[0] = mitral - aortic, r[1] = tricuspid - pulmonary, r[2] = into_atrium - mitral;
        r[3] = venous - tricuspid, r[4] = aortic - into_distal, r[5] = into_distal - systemic;
        r[6] = systemic - venous, r[7] = pulmonary - through, r[8] = through - into_atrium;
        REAL w = weight * share;
        sums[0][l] += w * root, sums[1][l] += w * aortic, sums[2][l] += w * lv * (aortic - mitral);
        for (int f = 0; f < VOLUMES; f++) {
            if (total) total[f][l] = before[f][l] + weight * h * r[f];
            if (out) out[f][l] = keep * kept[f][l] + (take * in[f][l] + ahead * h * r[f]);
        }
    }
}

static void beat(row *y, const row *c, const row *grid, const REAL *period, row *sums, int steps)
{
    row s[VOLUMES] __attribute__((aligned(64))), second[VOLUMES] __attribute__((aligned(64)));
    REAL h[LANES] __attribute__((aligned(64))), share = (REAL)1.0 / steps;
    for (int l = 0; l < LANES; l++) h[l] = period[l] / steps;
    for (int f = 0; f < SUMS; f++)
        for (int l = 0; l < LANES; l++) sums[f][l] = 0;
    for (int step = 0; step < steps; step++) { /* rows of the grid count half steps */
        const row *begin = grid + (long)2 * step * DRIVES, *middle = begin + DRIVES, *end = middle + DRIVES;
#if OURS /* the engine's RK3 of four stages: a state, a stage and a second, which change places in place of copies */
        stage(y, y, s, 0, 0, 0, 1, half_, sixth, begin, c, h, sums, share);
        stage(s, y, second, 0, 0, 1, 0, half_, third, middle, c, h, sums, share);
        stage(second, y, second, 0, 0, 0, 1, half_, third, middle, c, h, sums, share);
        stage(second, s, y, 0, 0, third, 2 * third, half_ * third, sixth, end, c, h, sums, share);
#else /* RK4: a state, a stage and a total */
        stage(y, y, s, y, second, 1, 0, half_, sixth, begin, c, h, sums, share);
        stage(s, y, s, second, second, 1, 0, half_, third, middle, c, h, sums, share);
        stage(s, y, s, second, second, 1, 0, 1, third, middle, c, h, sums, share);
        stage(s, y, 0, second, y, 0, 0, 0, sixth, end, c, h, sums, share);
#endif
    }
}

void carry(REAL *y, const REAL *c, const REAL *grid, const REAL *period, REAL *sums, int blocks, int steps, int beats)
{
    for (long b = 0; b < blocks; b++)
        for (int n = 0; n < beats; n++)
            beat((row *)y + b * VOLUMES, (const row *)c + b * COEFFICIENTS,
                 (const row *)grid + b * (2 * steps + 1) * DRIVES, period + b * LANES, (row *)sums + b * SUMS, steps);
}
