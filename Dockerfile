# The sidecar's image: the static binary and nothing else.
#   make static && docker build --target sidecar --tag dormouse:0.1.0 .
FROM scratch AS sidecar
COPY build/static/dormouse /dormouse
USER 65532:65532
EXPOSE 9477
ENTRYPOINT ["/dormouse"]
CMD ["run"]
