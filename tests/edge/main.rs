//! The edge before tools that others wrote (requirements R72 and R74): testssl.sh, slowhttptest and h2load, each bounded in
//! time, each failing the test when it finds a fault. `OVERBLIK_EDGE_LONG=1` gives each the long form.

#[cfg(test)]
mod load;
#[cfg(test)]
mod slowness;
#[cfg(test)]
mod suites;
#[cfg(test)]
mod tool;
