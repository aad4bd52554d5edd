# The two commands of README.md, from a clean Debian; the image has what they leave, and nothing they needed.
#
#     docker build -t python3.13-jit . && docker run -it --rm python3.13-jit
#
# --build-arg TARGET=release takes longer and makes what runs faster (README.md).
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git
COPY . /src
WORKDIR /src
ARG TARGET=tree
RUN ./configure --enable-experimental-jit --install-deps && make
RUN apt-get install -y --no-install-recommends dpkg-dev && make deb DISTTREE=$TARGET

FROM debian:12-slim
COPY --from=build /src/build/dist/*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
CMD ["python3.13-jit"]
