using Google.Protobuf;
using Grpc.Core;

namespace MeshActors.Controller.Gateway;

/// <summary>Binds methods so that bytes that are no protobuf are refused as such, and not reported as a fault of the server.</summary>
internal sealed class StrictBinder(ServiceBinderBase inner) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    private static Method<TRequest, TResponse> Strict<TRequest, TResponse>(Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        var lenient = method.RequestMarshaller;
        var strict = Marshallers.Create(lenient.ContextualSerializer, context =>
        {
            try
            {
                return lenient.ContextualDeserializer(context);
            }
            catch (InvalidProtocolBufferException)
            {
                throw Refusals.Malformed($"The message is no {typeof(TRequest).Name}; use a client of this controller's version.");
            }
        });
        return new Method<TRequest, TResponse>(method.Type, method.ServiceName, method.Name, strict, method.ResponseMarshaller);
    }
}
