/* SPDX-License-Identifier: Apache-2.0 */
/* nbody.c - planetary n-body simulation (f64 add/mul/div/sqrt over small arrays in memory).
 * usage: nbody [steps=1800000]  -> prints the final energy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define N 5
static const double PI = 3.141592653589793, DAYS = 365.24;
typedef struct { double x, y, z, vx, vy, vz, m; } body;
static body b[N];

__attribute__((noinline)) static void advance(double dt)
{
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++) {
            double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
            double d2 = dx * dx + dy * dy + dz * dz, mag = dt / (d2 * sqrt(d2));
            b[i].vx -= dx * b[j].m * mag; b[i].vy -= dy * b[j].m * mag; b[i].vz -= dz * b[j].m * mag;
            b[j].vx += dx * b[i].m * mag; b[j].vy += dy * b[i].m * mag; b[j].vz += dz * b[i].m * mag;
        }
    for (int i = 0; i < N; i++) {
        b[i].x += dt * b[i].vx; b[i].y += dt * b[i].vy; b[i].z += dt * b[i].vz;
    }
}

static double energy(void)
{
    double e = 0;
    for (int i = 0; i < N; i++) {
        e += 0.5 * b[i].m * (b[i].vx * b[i].vx + b[i].vy * b[i].vy + b[i].vz * b[i].vz);
        for (int j = i + 1; j < N; j++) {
            double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
            e -= b[i].m * b[j].m / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return e;
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? atoi(argv[1]) : 1800000;
    double sm = 4 * PI * PI;
    b[0] = (body){0, 0, 0, 0, 0, 0, sm};
    b[1] = (body){4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * DAYS,
                  0.00769901118419740425 * DAYS, -0.0000690460016972063023 * DAYS, 0.000954791938424326609 * sm};
    b[2] = (body){8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411191 * DAYS,
                  0.00499852801234917238 * DAYS, 0.0000230417297573763929 * DAYS, 0.000285885980666130812 * sm};
    b[3] = (body){12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * DAYS,
                  0.00237847173959480950 * DAYS, -0.0000296589568540237556 * DAYS, 0.0000436624404335156298 * sm};
    b[4] = (body){15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * DAYS,
                  0.00162824170038242295 * DAYS, -0.0000951592254519715870 * DAYS, 0.0000515138902046611451 * sm};
    for (int i = 0; i < steps; i++)
        advance(0.01);
    printf("nbody %d = %.9f\n", steps, energy());
    return 0;
}
