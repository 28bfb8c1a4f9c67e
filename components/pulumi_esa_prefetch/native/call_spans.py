"""Spans around the plugin's gRPC calls, if an exporter is set; each is sent before its call is answered.

An engine kills a plugin that a language runtime runs, as soon as it needs it no longer: nothing could be sent later.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio

from pulumi_esa_prefetch.tracing.endpoint import endpoint_of
from pulumi_esa_prefetch.tracing.hook_spans import (
    HOOKS,
    Request,
    hook_span,
    trace_context,
)
from pulumi_esa_prefetch.tracing.spans import flush


def interceptors(environ: Mapping[str, str]) -> list[grpc.aio.ServerInterceptor]:
    """The interceptors of the plugin's server; none without an exporter."""
    return [CallSpans()] if endpoint_of(environ) else []


class CallSpans(grpc.aio.ServerInterceptor):
    """Puts a span around each call of a hook."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """The handler of a call, with a span around it."""
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]
        if method not in HOOKS or handler is None:
            return handler

        async def run(request: Any, context: Any) -> Any:
            asked = Request(getattr(request, "urn", ""), trace_context(context))
            try:
                with hook_span(method, asked) as span:
                    try:
                        return await handler.unary_unary(request, context)
                    except grpc.aio.AbortError:
                        if span:
                            span.fail("PrefetchError", context.details())
                        raise
            finally:
                await asyncio.to_thread(flush)

        return grpc.unary_unary_rpc_method_handler(
            run, handler.request_deserializer, handler.response_serializer
        )
