using Grpc.Core;

namespace MeshActors.ActorTests.Gateway;

/// <summary>Sends bytes as they are, where a message should be.</summary>
internal static class Raw
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    public static async Task JoinAsync(RunningController controller, byte[] bytes)
    {
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "meshactors.agent.v1.AgentGateway", "Join", Bytes, Bytes);
        using var call = controller.Invoker.AsyncDuplexStreamingCall(method, null, default);
        // The controller may refuse before it has read all of it: then the writing side is told no more than that the call is over.
        await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(bytes));
        await call.ResponseStream.MoveNext();
    }

    public static async Task GetStatusAsync(RunningController controller, byte[] bytes)
    {
        var method = new Method<byte[], byte[]>(MethodType.Unary, "meshactors.admin.v1.Admin", "GetStatus", Bytes, Bytes);
        using var call = controller.Invoker.AsyncUnaryCall(method, null, new CallOptions(controller.AsAdmin()), bytes);
        await call.ResponseAsync;
    }
}
