// SPDX-License-Identifier: LGPL-3.0-or-later
// One period of a slit with a round groove in its lower wall; lengths in nanometres.
// Mesh it with:  gmsh -2 grooved_slit.geo
// and read it with:  fem_ionics.geometry.read_msh("grooved_slit.msh", unit=1e-9, periodic={"x": ("left", "right")})

length = 30;
height = 10;
groove = 4;    // radius
wall = 1.0;    // cell size at the walls
centre = 2.0;  // cell size at the open ends' middle

Point(1) = {-length/2, 0, 0, wall};
Point(2) = {-groove, 0, 0, wall};
Point(3) = {0, 0, 0, wall};
Point(4) = {0, -groove, 0, wall};
Point(5) = {groove, 0, 0, wall};
Point(6) = {length/2, 0, 0, wall};
Point(7) = {length/2, height/2, 0, centre};
Point(8) = {length/2, height, 0, wall};
Point(9) = {-length/2, height, 0, wall};
Point(10) = {-length/2, height/2, 0, centre};

Line(1) = {1, 2};
Circle(2) = {2, 3, 4};
Circle(3) = {4, 3, 5};
Line(4) = {5, 6};
Line(5) = {6, 7};
Line(6) = {7, 8};
Line(7) = {8, 9};
Line(8) = {9, 10};
Line(9) = {10, 1};
Curve Loop(1) = {1, 2, 3, 4, 5, 6, 7, 8, 9};
Plane Surface(1) = {1};

// The two open ends carry the same nodes.
Periodic Curve {5, 6} = {9, 8} Translate {length, 0, 0};

Physical Curve("left") = {8, 9};
Physical Curve("right") = {5, 6};
Physical Curve("top wall") = {7};
Physical Curve("groove") = {2, 3};
Physical Curve("walls") = {1, 2, 3, 4, 7};
Physical Surface("fluid") = {1};

Mesh.ElementOrder = 2;
